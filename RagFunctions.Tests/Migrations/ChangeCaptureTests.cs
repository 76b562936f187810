using Npgsql;
using RagFunctions.Core.Migrations;
using RagFunctions.Core.Migrations.Main;
using RagFunctions.Tests.Migrations.Original;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Migrations;

/// <summary>On the original's tables, int4 keys and all, written by a role that has no right on the queue.</summary>
public sealed class ChangeCaptureTests(ChangeCaptureTests.CapturedDatabase fixture) : IClassFixture<ChangeCaptureTests.CapturedDatabase>, IAsyncLifetime
{
    private const string SelectQueue = "SELECT concat_ws(' ', cabinet_id, source_table, source_id) FROM rag_changes ORDER BY cabinet_id, source_table, source_id";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private NpgsqlDataSource Source => fixture.Database.Source;

    public async ValueTask InitializeAsync() => await Source.ExecuteAsync("""
        TRUNCATE wb_cabinets CASCADE;
        INSERT INTO wb_cabinets (id, api_key, is_active) VALUES (1, 'one', true), (2, 'two', true);
        INSERT INTO wb_orders (id, cabinet_id, nm_id, order_id) SELECT n, 1, 100 + n, 'o' || n FROM generate_series(1, 3) AS n;
        DELETE FROM rag_changes;
        """);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [InlineData("INSERT INTO wb_reviews (id, cabinet_id, review_id, is_answered) VALUES (8, 2, 'b', false), (7, 1, 'a', false)", "1 wb_reviews 7", "2 wb_reviews 8")]
    [InlineData("UPDATE wb_orders SET price = 5 WHERE id > 1", "1 wb_orders 2", "1 wb_orders 3")]
    [InlineData("UPDATE wb_orders SET cabinet_id = 2 WHERE id = 2", "1 wb_orders 2", "2 wb_orders 2")]
    [InlineData("UPDATE wb_orders SET id = 9 WHERE id = 3", "1 wb_orders 3", "1 wb_orders 9")]
    [InlineData("DELETE FROM wb_orders WHERE id <> 2", "1 wb_orders 1", "1 wb_orders 3")]
    [InlineData("DELETE FROM wb_cabinets WHERE id = 1", "1 wb_orders 1", "1 wb_orders 2", "1 wb_orders 3")]
    [InlineData("TRUNCATE wb_orders", "1 * 0", "2 * 0")]
    [InlineData("UPDATE wb_orders SET price = 5 WHERE id > 100")]
    [InlineData("INSERT INTO wb_orders (id, cabinet_id, nm_id, order_id) VALUES (5, 1, 1, 'o1') ON CONFLICT (cabinet_id, order_id) DO UPDATE SET price = 1", "1 wb_orders 1")]
    public async Task A_role_without_rights_on_the_queue_has_its_changes_queued(string statement, params string[] expected)
    {
        await using (var connection = await OpenAsWriterAsync())
        {
            await using var command = new NpgsqlCommand(statement, connection);
            await command.ExecuteNonQueryAsync(Stop);
        }

        Assert.Equal(expected, await Source.ReadNamesAsync(SelectQueue));
    }

    [Fact]
    [Trait("Fault", "8")]
    [Trait("Guarantee", "observer")]
    public async Task A_row_of_no_cabinet_is_written_and_not_queued()
    {
        await Source.ExecuteAsync("ALTER TABLE wb_orders ALTER cabinet_id DROP NOT NULL");
        await Source.ExecuteAsync("""
            INSERT INTO wb_orders (id, cabinet_id, nm_id, order_id) VALUES (50, NULL, 1, 'x'), (51, 1, 1, 'y');
            UPDATE wb_orders SET price = 1 WHERE id IN (50, 51);
            DELETE FROM wb_orders WHERE id = 50;
            """);
        Assert.Equal(["1 wb_orders 51"], await Source.ReadNamesAsync(SelectQueue));
    }

    [Theory]
    [Trait("Defect", "34")]
    [InlineData("products", "(cabinet_id, nm_id, in_stock, is_active) VALUES (1, 1, true, true)")]
    [InlineData("stocks", "(cabinet_id, nm_id) VALUES (1, 1)")]
    [InlineData("sales", "(cabinet_id, nm_id, sale_id, type) VALUES (1, 1, 's', 'buyout')")]
    public async Task Every_source_table_is_captured(string table, string row)
    {
        await Source.ExecuteAsync($"INSERT INTO wb_{table} {row}; DELETE FROM rag_changes; UPDATE wb_{table} SET nm_id = 2");
        var queued = Assert.Single(await Source.ReadNamesAsync(SelectQueue));
        Assert.StartsWith($"1 wb_{table} ", queued, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_writer_cannot_touch_the_queue_itself()
    {
        await using var connection = await OpenAsWriterAsync();
        await using var command = new NpgsqlCommand("DELETE FROM rag_changes", connection);
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(Stop));
        Assert.Equal(PostgresErrorCodes.InsufficientPrivilege, refusal.SqlState);
    }

    [Fact]
    public async Task A_writers_search_path_does_not_divert_the_changes()
    {
        await using (var connection = await OpenAsWriterAsync())
        {
            await using var command = new NpgsqlCommand("""
                CREATE TEMP TABLE rag_changes (LIKE public.rag_changes INCLUDING ALL);
                UPDATE wb_orders SET price = 5 WHERE id = 1
                """, connection);
            await command.ExecuteNonQueryAsync(Stop);
        }

        Assert.Equal(["1 wb_orders 1"], await Source.ReadNamesAsync(SelectQueue));
    }

    [Theory]
    [Trait("Guarantee", "no-lost-change")]
    [InlineData("UPDATE wb_orders SET price = 1 WHERE id = 1", "UPDATE wb_orders SET price = 2 WHERE id = 1", "wb_orders 1")]
    [InlineData("UPDATE wb_orders SET price = 1 WHERE id = 1", "DELETE FROM wb_orders WHERE id = 1", "wb_orders 1")]
    [InlineData("DELETE FROM wb_orders WHERE id = 1", "INSERT INTO wb_orders (id, cabinet_id, nm_id, order_id) VALUES (1, 1, 101, 'o1')", "wb_orders 1")]
    [InlineData("TRUNCATE wb_orders", "TRUNCATE wb_sales", "* 0")]
    public async Task A_row_that_changes_again_is_due_and_keeps_its_age(string once, string again, string row)
    {
        var select = $"""
            SELECT concat_ws(' ', version, first_changed_at AT TIME ZONE 'UTC', attempts, next_attempt_at IS NULL, last_error IS NULL)
            FROM rag_changes WHERE cabinet_id = 1 AND source_table || ' ' || source_id = '{row}'
            """;
        await Source.ExecuteAsync(once);
        await Source.ExecuteAsync("UPDATE rag_changes SET attempts = 3, next_attempt_at = 'infinity', last_error = 'x', first_changed_at = '2026-01-01 00:00:00+00'");
        var version = long.Parse((await Source.ReadNamesAsync("SELECT max(version)::text FROM rag_changes"))[0], null);

        await Source.ExecuteAsync(again);

        var state = Assert.Single(await Source.ReadNamesAsync(select)).Split(' ', 2);
        Assert.True(long.Parse(state[0], null) > version);
        Assert.Equal("2026-01-01 00:00:00 0 t t", state[1]);
    }

    [Fact]
    public async Task Installing_again_replaces_and_removing_leaves_no_trace()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Main);
        var before = await Catalog.DescribeAsync(database.Source);
        await ChangeCapture.InstallAsync(database.Source, Stop);
        var installed = await Catalog.DescribeAsync(database.Source);
        Assert.True(await ChangeCapture.IsInstalledAsync(database.Source, Stop));
        Assert.Equal(20, installed.Count(line => line.StartsWith("trigger", StringComparison.Ordinal)));

        await ChangeCapture.InstallAsync(database.Source, Stop);
        Assert.Equal(installed, await Catalog.DescribeAsync(database.Source));

        await ChangeCapture.RemoveAsync(database.Source, Stop);
        Assert.Equal(before, await Catalog.DescribeAsync(database.Source));
        Assert.False(await ChangeCapture.IsInstalledAsync(database.Source, Stop));
    }

    [Fact]
    public async Task Rolling_the_queue_back_removes_the_triggers_too()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Main);
        await ChangeCapture.InstallAsync(database.Source, Stop);
        await SchemaMigrator.RollbackAsync(MigrationSet.Main, database.Source, 101, null, Stop);
        await database.Source.ExecuteAsync("""
            INSERT INTO wb_cabinets (id, api_key) VALUES (1, 'k');
            INSERT INTO wb_orders (cabinet_id, nm_id) VALUES (1, 1);
            """);
        Assert.Equal(["1"], await database.Source.ReadNamesAsync("SELECT count(*)::text FROM wb_orders"));
    }

    [Fact]
    public async Task Without_the_queue_nothing_is_installed()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        await OriginalSchema.MakeMainAsync(database.Source);
        await database.Source.ExecuteAsync("DROP TABLE wb_stocks");
        var before = await Catalog.DescribeAsync(database.Source);
        await Assert.ThrowsAsync<MigrationException>(() => ChangeCapture.InstallAsync(database.Source, Stop));
        Assert.Equal(before, await Catalog.DescribeAsync(database.Source));
    }

    private async Task<NpgsqlConnection> OpenAsWriterAsync()
    {
        var connection = await Source.OpenConnectionAsync(Stop);
        await using var command = new NpgsqlCommand($"SET SESSION AUTHORIZATION {fixture.Writer}", connection);
        await command.ExecuteNonQueryAsync(Stop);
        return connection;
    }

    /// <summary>The original's tables with capture, and a role that may write them and nothing else.</summary>
    public sealed class CapturedDatabase : IAsyncLifetime
    {
        private TestDatabase? _database;

        public TestDatabase Database => _database!;

        public string Writer => Database.Name + "_writer";

        public async ValueTask InitializeAsync()
        {
            _database = await TestDatabase.CreateAsync(SchemaKind.Empty);
            await OriginalSchema.MakeMainAsync(Database.Source);
            await SchemaMigrator.MigrateAsync(MigrationSet.Main, Database.Source, null, CancellationToken.None);
            await ChangeCapture.InstallAsync(Database.Source, CancellationToken.None);
            await Database.Source.ExecuteAsync($"""
                CREATE ROLE {Writer};
                GRANT ALL ON wb_cabinets, wb_orders, wb_products, wb_stocks, wb_reviews, wb_sales TO {Writer};
                GRANT SELECT ON rag_changes TO {Writer};
                """);
        }

        public async ValueTask DisposeAsync()
        {
            await Database.Source.ExecuteAsync($"DROP OWNED BY {Writer}; DROP ROLE {Writer}");
            await Database.DisposeAsync();
        }
    }
}
