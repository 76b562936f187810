using FluentMigrator;

namespace RagFunctions.Core.Migrations.Rag;

/// <summary>Until when the expiry of a cabinet is not asked for again that the guard against mass deletion holds back.</summary>
[Migration(110, "rag_index_status: expiry held back by the guard")]
public sealed class Step110ExpiryHeld : Migration
{
    /// <inheritdoc />
    public override void Up() => Execute.Sql("ALTER TABLE rag_index_status ADD COLUMN expiry_held_until timestamptz");

    /// <inheritdoc />
    public override void Down() => Execute.Sql("ALTER TABLE rag_index_status DROP COLUMN expiry_held_until");
}
