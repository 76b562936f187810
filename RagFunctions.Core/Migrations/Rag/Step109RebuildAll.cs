using FluentMigrator;

namespace RagFunctions.Core.Migrations.Rag;

/// <summary>Whether a rebuild of all cabinets is under way, so that one whose orchestration is lost is taken up again.</summary>
[Migration(109, "rag_rebuild_all: the rebuild of all cabinets under way")]
public sealed class Step109RebuildAll : Migration
{
    private const string CreateTable = """
        CREATE TABLE rag_rebuild_all (
            only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
            is_weekly boolean NOT NULL,
            begun_at timestamptz NOT NULL,
            ended_at timestamptz);
        COMMENT ON TABLE rag_rebuild_all IS 'The last rebuild of all cabinets. Not ended: the sweep takes it up where no orchestration of it is left.';
        """;

    /// <inheritdoc />
    public override void Up() => Execute.Sql(CreateTable);

    /// <inheritdoc />
    public override void Down() => Execute.Sql("DROP TABLE rag_rebuild_all");
}
