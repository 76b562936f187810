using RagFunctions.Core.Migrations;
using RagFunctions.Core.Migrations.Main;
using RagFunctions.Tests.Migrations.Original;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Cli;

public sealed class MigrationCommandsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Defect", "73")]
    public async Task Migrate_rollback_and_migrations_tell_what_they_did()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);

        var migrated = await CliRun.OnAsync(database.ConnectionString, "migrate");
        Assert.Equal((0, ""), (migrated.Code, migrated.Errors));
        var main = await SchemaMigrator.ListAsync(MigrationSet.Main, database.Source, Stop);
        var rag = await SchemaMigrator.ListAsync(MigrationSet.Rag, database.Source, Stop);
        Assert.Equal(main.Concat(rag).Select(step => $"{step.Set.Name()} {step.Number} applied in"), FirstWords(migrated.Output, 4));

        var again = await CliRun.OnAsync(database.ConnectionString, "migrate");
        Assert.Equal((0, "main: up to date\nrag: up to date\n"), (again.Code, again.Output));

        var takenBack = await CliRun.OnAsync(database.ConnectionString, "rollback", "rag", "--to", "105");
        Assert.Equal(0, takenBack.Code);
        var aboveTarget = rag.Where(step => step.Number > 105).Reverse().ToList();
        Assert.Equal(aboveTarget.Select(step => $"rag {step.Number} taken back"), FirstWords(takenBack.Output, 4));

        var listed = await CliRun.OnAsync(database.ConnectionString, "migrations");
        Assert.Equal(aboveTarget.Count, listed.Output.Split('\n').Count(line => line.Split('│') is [.., var applied, _] && applied.Trim() == "pending"));
        Assert.Contains("change capture in main: not installed", listed.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Change_capture_is_installed_and_removed_by_option()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Both);
        Assert.Equal(0, (await CliRun.OnAsync(database.ConnectionString, "migrate", "main", "--capture-changes")).Code);
        Assert.True(await ChangeCapture.IsInstalledAsync(database.Source, Stop));
        Assert.Equal(0, (await CliRun.OnAsync(database.ConnectionString, "migrate", "--no-capture-changes")).Code);
        Assert.False(await ChangeCapture.IsInstalledAsync(database.Source, Stop));
    }

    [Fact]
    public async Task An_upgrade_tells_its_price_and_begins_only_when_agreed_to()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        await OriginalSchema.MakeFilledRagAsync(database.Source, RagDeployment.SqlThenHash);

        var asked = await CliRun.OnAsync(database.ConnectionString, "migrate", "rag");
        Assert.Equal(1, asked.Code);
        Assert.Contains("one full re-embedding", asked.Output, StringComparison.Ordinal);
        Assert.Contains("chunks             8, of which 4 of products and stocks", asked.Output, StringComparison.Ordinal);
        Assert.Contains("at $0.02 per million tokens", asked.Output, StringComparison.Ordinal);
        Assert.Contains("--yes", asked.Errors, StringComparison.Ordinal);
        Assert.Equal(["8"], await database.Source.ReadNamesAsync("SELECT count(*)::text FROM rag_metadata"));

        var agreed = await CliRun.OnAsync(database.ConnectionString, "migrate", "rag", "--yes");
        Assert.Equal(0, agreed.Code);
        Assert.True(agreed.Output.IndexOf("expected cost", StringComparison.Ordinal) < agreed.Output.IndexOf("rag 101 applied", StringComparison.Ordinal));
        Assert.Equal(["4"], await database.Source.ReadNamesAsync("SELECT count(*)::text FROM rag_metadata"));
    }

    [Fact]
    public async Task A_check_ends_with_3_while_a_pending_step_deletes_something()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        // Nothing is there that could be deleted, although the same steps are pending.
        Assert.Equal(0, (await CliRun.OnAsync(database.ConnectionString, "migrations", "--check")).Code);

        await OriginalSchema.MakeFilledRagAsync(database.Source, RagDeployment.SqlThenHash);
        var plan = await CliRun.OnAsync(database.ConnectionString, "migrations", "--check");
        Assert.Equal(3, plan.Code);
        Assert.Contains("pending step 105 of rag deletes the chunks and vectors of products and stocks", plan.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await CliRun.OnAsync(database.ConnectionString, "migrations")).Code);

        Assert.Equal(0, (await CliRun.OnAsync(database.ConnectionString, "migrate", "--yes")).Code);
        Assert.Equal(0, (await CliRun.OnAsync(database.ConnectionString, "migrations", "--check")).Code);
    }

    [Fact]
    public async Task A_step_that_deletes_is_destructive_on_every_used_database()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Both);
        await database.Source.ExecuteAsync("DELETE FROM rag_schema_rag WHERE version = 105");
        Assert.Equal([105L], (await DestructiveSteps.FindAsync(MigrationSet.Rag, database.Source, Stop)).Select(step => step.Number));
        Assert.Empty(await DestructiveSteps.FindAsync(MigrationSet.Main, database.Source, Stop));
    }

    [Fact]
    public async Task The_back_fill_and_the_approximate_index_tell_their_outcome()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Rag);
        var connection = database.ConnectionString;
        Assert.Contains("found 0 chunks without a hash, filled 0, remaining 0", (await CliRun.OnAsync(connection, "backfill-hashes")).Output, StringComparison.Ordinal);
        await database.Source.ExecuteAsync(
            "INSERT INTO rag_metadata (cabinet_id, source_table, source_id, chunk_type, chunk_text) VALUES (1, 'wb_orders', 1, 'order', 'x')");
        var filled = await CliRun.OnAsync(connection, "backfill-hashes");
        Assert.Equal(0, filled.Code);
        Assert.Contains("found 1 chunks without a hash, filled 1, remaining 0", filled.Output, StringComparison.Ordinal);

        Assert.Contains("none", (await CliRun.OnAsync(connection, "ann", "status")).Output, StringComparison.Ordinal);
        Assert.Contains("built", (await CliRun.OnAsync(connection, "ann", "create", "--memory", "64MB", "--workers", "0")).Output, StringComparison.Ordinal);
        Assert.Contains("valid", (await CliRun.OnAsync(connection, "ann", "status")).Output, StringComparison.Ordinal);
        Assert.Equal(0, (await CliRun.OnAsync(connection, "ann", "drop")).Code);
    }

    private static IEnumerable<string> FirstWords(string output, int count) => output
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => string.Join(' ', line.Split(' ').Take(count)));
}
