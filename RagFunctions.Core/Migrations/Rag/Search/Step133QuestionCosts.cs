using FluentMigrator;

namespace RagFunctions.Core.Migrations.Rag.Search;

/// <summary>What the questions of a cabinet cost, by day: asking is paid as indexing is.</summary>
[Migration(133, "rag_question_costs: what embedding the questions of a cabinet took, by day")]
public sealed class Step133QuestionCosts : Migration
{
    private const string CreateTable = """
        CREATE TABLE rag_question_costs (
            cabinet_id bigint NOT NULL,
            day date NOT NULL,
            questions bigint NOT NULL,
            tokens bigint NOT NULL,
            cost_usd numeric(18,8) NOT NULL,
            PRIMARY KEY (cabinet_id, day));
        COMMENT ON TABLE rag_question_costs IS 'Questions embedded for the search of a cabinet on a day (UTC), those that a cache answered not counted.';
        """;

    /// <inheritdoc />
    public override void Up() => Execute.Sql(CreateTable);

    /// <inheritdoc />
    public override void Down() => Execute.Sql("DROP TABLE rag_question_costs");
}
