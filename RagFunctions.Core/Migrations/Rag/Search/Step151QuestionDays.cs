using FluentMigrator;

namespace RagFunctions.Core.Migrations.Rag.Search;

/// <summary>Questions count against the budgets, so each embedding request asks what they cost today.</summary>
[Migration(151, "rag_question_costs is found by its day")]
public sealed class Step151QuestionDays : Migration
{
    /// <inheritdoc />
    public override void Up() => Execute.Sql("CREATE INDEX idx_rag_question_costs_day ON rag_question_costs (day)");

    /// <inheritdoc />
    public override void Down() => Execute.Sql("DROP INDEX idx_rag_question_costs_day");
}
