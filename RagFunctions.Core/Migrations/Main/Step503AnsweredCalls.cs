using FluentMigrator;

namespace RagFunctions.Core.Migrations.Main;

/// <summary>Counts the answered calls of a limit's bucket, so that an answer is trusted only when no other call was under way.</summary>
[Migration(503, "marketplace limits: answered calls")]
public sealed class Step503AnsweredCalls : Migration
{
    private const string AddColumns = """
        ALTER TABLE wb_limit_buckets
            ADD COLUMN settled bigint NOT NULL DEFAULT 0,
            ADD COLUMN answered bigint NOT NULL DEFAULT 0
        """;

    private const string DropColumns = "ALTER TABLE wb_limit_buckets DROP COLUMN settled, DROP COLUMN answered";

    /// <inheritdoc />
    public override void Up() => Execute.Sql(AddColumns);

    /// <inheritdoc />
    public override void Down() => Execute.Sql(DropColumns);
}
