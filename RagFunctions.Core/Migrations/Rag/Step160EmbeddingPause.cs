using FluentMigrator;

namespace RagFunctions.Core.Migrations.Rag;

/// <summary>
/// Until when no embedding request of a cabinet is sent, and the error that stopped it. <c>not_before</c> holds back the whole cabinet; with only
/// that, an outage of the provider kept changes out of the index.
/// </summary>
[Migration(160, "rag_index_status: the pause of the embedding alone")]
public sealed class Step160EmbeddingPause : Migration
{
    /// <inheritdoc />
    public override void Up() => Execute.Sql("ALTER TABLE rag_index_status ADD COLUMN embedding_not_before timestamptz, ADD COLUMN embedding_error text");

    /// <inheritdoc />
    public override void Down() => Execute.Sql("ALTER TABLE rag_index_status DROP COLUMN embedding_not_before, DROP COLUMN embedding_error");
}
