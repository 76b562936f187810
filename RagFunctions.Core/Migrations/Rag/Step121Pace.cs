using FluentMigrator;

namespace RagFunctions.Core.Migrations.Rag;

/// <summary>Where the requests of large runs stand in line for the provider's tokens.</summary>
[Migration(121, "rag_pace: the line of large runs before the provider")]
public sealed class Step121Pace : Migration
{
    private const string CreateTable = """
        CREATE TABLE rag_pace (
            singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
            free_at timestamptz NOT NULL);
        COMMENT ON TABLE rag_pace IS 'Until when the share of the provider''s tokens that large runs have is given away.';
        """;

    /// <inheritdoc />
    public override void Up() => Execute.Sql(CreateTable);

    /// <inheritdoc />
    public override void Down() => Execute.Sql("DROP TABLE rag_pace");
}
