using Npgsql;
using RagFunctions.Core.Migrations;
using RagFunctions.Tests.Cli;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Migrations;

public sealed class KnownTablesTests
{
    private const string PartitionedReviews = """
        CREATE TABLE wb_reviews (
            id bigint NOT NULL, cabinet_id bigint NOT NULL, nm_id bigint, review_id text, text text, pros text, cons text, rating int, is_answered boolean,
            color text, matching_size text, created_date timestamptz, updated_date timestamptz, created_at timestamptz DEFAULT now(), updated_at timestamptz)
            PARTITION BY HASH (cabinet_id);
        CREATE TABLE wb_reviews_0 PARTITION OF wb_reviews FOR VALUES WITH (MODULUS 2, REMAINDER 0);
        CREATE TABLE wb_reviews_1 PARTITION OF wb_reviews FOR VALUES WITH (MODULUS 2, REMAINDER 1);
        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "9")]
    [Trait("Guarantee", "sweep")]
    public async Task Queued_rows_of_unknown_tables_are_put_aside_told_and_refused()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Main);
        await SchemaMigrator.RollbackAsync(MigrationSet.Main, database.Source, 103, null, Stop);
        await database.Source.ExecuteAsync("INSERT INTO rag_changes (cabinet_id, source_table, source_id) VALUES (1, 'wb_returns', 5), (1, 'wb_orders', 6)");
        var run = await CliRun.OnAsync(database.ConnectionString, "migrate", "main");
        Assert.True(run.Code == 0, run.Output + run.Errors);
        Assert.Contains("1 queued rows name tables that are not indexed", run.Output, StringComparison.Ordinal);
        Assert.Equal(["wb_orders"], await database.Source.ReadNamesAsync("SELECT source_table FROM rag_changes"));
        Assert.Equal(["wb_returns"], await database.Source.ReadNamesAsync("SELECT source_table FROM rag_changes_unknown"));
        var refused = await Assert.ThrowsAsync<PostgresException>(
            () => database.Source.ExecuteAsync("INSERT INTO rag_changes (cabinet_id, source_table, source_id) VALUES (1, 'wb_returns', 5)"));
        Assert.Equal(PostgresErrorCodes.CheckViolation, refused.SqlState);

        await SchemaMigrator.RollbackAsync(MigrationSet.Main, database.Source, 103, null, Stop);
        Assert.Equal(["wb_orders", "wb_returns"], await database.Source.ReadNamesAsync("SELECT source_table FROM rag_changes ORDER BY 1"));
    }

    [Fact]
    [Trait("Fault", "20")]
    public async Task A_partitioned_source_table_gets_its_indexes_in_each_partition()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        await database.Source.ExecuteAsync(PartitionedReviews);
        await SchemaMigrator.MigrateAsync(MigrationSet.Main, database.Source, null, Stop);
        Assert.Equal(
            ["4 I", "8 i"],
            await database.Source.ReadNamesAsync("""
                SELECT count(*) || ' ' || c.relkind::text FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid
                WHERE c.relname LIKE 'idx_wb_reviews%' AND c.relname ~ '_(created_at|updated_at|cabinet_created|cabinet_updated)' AND i.indisvalid
                GROUP BY c.relkind ORDER BY 1
                """));
        await SchemaMigrator.RollbackAsync(MigrationSet.Main, database.Source, 0, null, Stop);
    }

    [Fact]
    [Trait("Fault", "20")]
    [Trait("Guarantee", "observer")]
    public async Task A_partitioned_source_table_is_indexed_and_its_changes_captured()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        await database.Source.ExecuteAsync(PartitionedReviews);
        await RagAsync("migrate", "main", "--capture-changes");
        await RagAsync("migrate", "rag");
        await database.Source.ExecuteAsync("""
            INSERT INTO wb_cabinets (id, api_key, is_active) VALUES (1, 'k', true), (2, 'l', true);
            INSERT INTO wb_reviews (id, cabinet_id, nm_id, review_id, text, rating, created_date)
            SELECT n, 1 + n % 2, n, 'r' || n, 'good ' || n, 5, now() FROM generate_series(1, 40) AS n
            """);
        await RagAsync("index", "1");
        await RagAsync("verify", "1");
        await database.Source.ExecuteAsync("UPDATE wb_reviews SET text = 'bad' WHERE id = 2; DELETE FROM wb_reviews WHERE id = 4; UPDATE wb_reviews SET cabinet_id = 2 WHERE id = 6");
        await RagAsync("index", "1");
        await RagAsync("verify", "1");
        await RagAsync("index", "2");
        await RagAsync("verify", "2");
        Assert.Equal(["1 18", "2 21"], await database.Source.ReadNamesAsync("SELECT cabinet_id || ' ' || count(*) FROM rag_metadata GROUP BY cabinet_id ORDER BY 1"));

        async Task RagAsync(params string[] arguments)
        {
            var run = await CliRun.OfAsync(
                new Dictionary<string, string?>
                {
                    ["ConnectionStrings__Main"] = database.ConnectionString,
                    ["ConnectionStrings__Rag"] = database.ConnectionString,
                    ["Embeddings__Provider"] = "offline",
                },
                arguments);
            Assert.True(run.Code == 0, $"rag {string.Join(' ', arguments)}: {run.Output}{run.Errors}");
        }
    }
}
