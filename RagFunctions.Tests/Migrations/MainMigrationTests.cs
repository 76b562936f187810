using Npgsql;
using RagFunctions.Core.Migrations;
using RagFunctions.Tests.Migrations.Original;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Migrations;

public sealed class MainMigrationTests
{
    private const string SelectTimestampIndexes = """
        SELECT pg_get_indexdef(i.indexrelid)
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
        WHERE c.relname ~ '^idx_wb_.*_(created_at|updated_at|cabinet_created|cabinet_updated)$' AND i.indisvalid
        ORDER BY c.relname
        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Defect", "19")]
    [Trait("Defect", "112")]
    public async Task A_new_installation_has_bigint_ids_and_numeric_money()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Main);
        // The sync replaces keys later.
        await SchemaMigrator.RollbackAsync(MigrationSet.Main, database.Source, 103, null, Stop);
        var catalog = await Catalog.DescribeAsync(database.Source);
        Assert.Contains("wb_orders.id bigint not null default nextval('wb_orders_id_seq'::regclass) storage p", catalog);
        Assert.Contains("wb_orders.price numeric(18,2) null default - storage m", catalog);
        Assert.Contains("wb_orders constraint uq_cabinet_order_id UNIQUE (cabinet_id, order_id)", catalog);
        Assert.Contains("wb_stocks constraint uq_cabinet_nm_warehouse_size UNIQUE (cabinet_id, nm_id, warehouse_name, size)", catalog);
        Assert.Contains("wb_sales constraint uq_cabinet_sale_type UNIQUE (cabinet_id, sale_id, type)", catalog);
        Assert.DoesNotContain(catalog, line => line.StartsWith("wb_", StringComparison.Ordinal) && line.Contains("double precision", StringComparison.Ordinal));
    }

    [Theory]
    [Trait("Defect", "71")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_twenty_timestamp_indexes_have_the_names_and_columns_of_the_original(bool isOriginal)
    {
        await using var database = await MigratedAsync(isOriginal);
        var expected =
            from table in new[] { "orders", "products", "reviews", "sales", "stocks" }
            from index in new[] { ("cabinet_created", "cabinet_id, created_at"), ("cabinet_updated", "cabinet_id, updated_at"), ("created_at", "created_at"), ("updated_at", "updated_at") }
            select $"CREATE INDEX idx_wb_{table}_{index.Item1} ON public.wb_{table} USING btree ({index.Item2})";
        var indexes = await database.Source.ReadNamesAsync(SelectTimestampIndexes);
        Assert.Equal(20, indexes.Count);
        Assert.Equal(expected, indexes);
    }

    [Fact]
    public async Task Tables_of_another_service_keep_every_column_constraint_and_index()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        await OriginalSchema.MakeMainAsync(database.Source);
        var before = await Catalog.DescribeAsync(database.Source);

        await SchemaMigrator.MigrateAsync(MigrationSet.Main, database.Source, null, Stop);

        var after = await Catalog.DescribeAsync(database.Source);
        // A token that is kept encrypted needs no plain one: the only thing that is loosened.
        Assert.Equal(["wb_cabinets.api_key character varying(500) not null default - storage x"], before.Except(after));
    }

    [Theory]
    [Trait("Defect", "71")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_index_build_that_was_interrupted_is_repaired_by_running_again(bool isStepRecorded)
    {
        await using var database = await MigratedAsync(isOriginal: true);
        if (isStepRecorded)
        {
            await database.Source.ExecuteAsync("DROP INDEX idx_wb_orders_updated_at");
        }
        else
        {
            await SchemaMigrator.RollbackAsync(MigrationSet.Main, database.Source, 102, null, Stop);
        }

        await InterruptBuildAsync(database.Source, "CREATE INDEX CONCURRENTLY idx_wb_orders_updated_at ON wb_orders (updated_at)");
        Assert.Equal(["f"], await ValidityAsync(database.Source));

        await SchemaMigrator.MigrateAsync(MigrationSet.Main, database.Source, null, Stop);

        Assert.Equal(["t"], await ValidityAsync(database.Source));
        Assert.Equal(20, (await database.Source.ReadNamesAsync(SelectTimestampIndexes)).Count);
    }

    [Fact]
    public async Task Of_two_processes_that_migrate_at_once_one_waits_and_neither_fails()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        var waited = 0;
        var progress = new CallingProgress(report => _ = report.Kind == MigrationProgressKind.Waiting ? Interlocked.Increment(ref waited) : 0);
        var runs = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            var main = await SchemaMigrator.MigrateAsync(MigrationSet.Main, database.Source, progress, Stop);
            var rag = await SchemaMigrator.MigrateAsync(MigrationSet.Rag, database.Source, progress, Stop);
            return (main.Count, rag.Count);
        })));
        var main = await SchemaMigrator.ListAsync(MigrationSet.Main, database.Source, Stop);
        var rag = await SchemaMigrator.ListAsync(MigrationSet.Rag, database.Source, Stop);
        Assert.Equal((main.Count, rag.Count), (runs.Sum(run => run.Item1), runs.Sum(run => run.Item2)));
        Assert.NotEqual(0, waited);
    }

    [Fact]
    public async Task A_step_that_fails_names_itself_and_leaves_nothing_half_done()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        // The last table of the step: a table brings a type of its name along.
        await database.Source.ExecuteAsync("CREATE TYPE wb_sales AS ENUM ()");

        var failure = await Assert.ThrowsAsync<MigrationException>(() => SchemaMigrator.MigrateAsync(MigrationSet.Main, database.Source, null, Stop));

        Assert.StartsWith("Step 101 of 'main' (source tables, if absent) failed: ", failure.Message, StringComparison.Ordinal);
        Assert.Empty(await Catalog.DescribeAsync(database.Source));
        await database.Source.ExecuteAsync("DROP TYPE wb_sales");
        var applied = await SchemaMigrator.MigrateAsync(MigrationSet.Main, database.Source, null, Stop);
        Assert.Equal(101, applied[0].Number);
    }

    [Fact]
    public async Task A_database_that_a_newer_version_migrated_is_refused()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Main);
        await database.Source.ExecuteAsync("INSERT INTO rag_schema_main (version, applied_on, description) VALUES (999999, now(), 'from the future')");
        var migrating = await Assert.ThrowsAsync<MigrationException>(() => SchemaMigrator.MigrateAsync(MigrationSet.Main, database.Source, null, Stop));
        var goingBack = await Assert.ThrowsAsync<MigrationException>(() => SchemaMigrator.RollbackAsync(MigrationSet.Main, database.Source, 0, null, Stop));
        Assert.Contains("999999", migrating.Message, StringComparison.Ordinal);
        Assert.Equal(migrating.Message, goingBack.Message);
    }

    private static async Task<TestDatabase> MigratedAsync(bool isOriginal)
    {
        var database = await TestDatabase.CreateAsync(isOriginal ? SchemaKind.Empty : SchemaKind.Main);
        if (isOriginal)
        {
            await OriginalSchema.MakeMainAsync(database.Source);
            await SchemaMigrator.MigrateAsync(MigrationSet.Main, database.Source, null, Stop);
        }

        return database;
    }

    private static Task<List<string>> ValidityAsync(NpgsqlDataSource database) => database.ReadNamesAsync(
        "SELECT CASE WHEN indisvalid THEN 't' ELSE 'f' END FROM pg_index WHERE indexrelid = 'idx_wb_orders_updated_at'::regclass");

    private static async Task InterruptBuildAsync(NpgsqlDataSource database, string create)
    {
        await using var writer = await database.OpenConnectionAsync(Stop);
        await using var open = await writer.BeginTransactionAsync(Stop);
        await using var write = new NpgsqlCommand("INSERT INTO wb_cabinets (api_key, is_active) VALUES ('k', true); LOCK TABLE wb_orders IN ROW EXCLUSIVE MODE", writer, open);
        await write.ExecuteNonQueryAsync(Stop);

        await using var builder = await database.OpenConnectionAsync(Stop);
        await using var build = new NpgsqlCommand(create, builder);
        using var interruption = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var building = build.ExecuteNonQueryAsync(interruption.Token);
        await Waiting.ForLockAsync(database, builder.ProcessID, Stop);
        await interruption.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => building);
    }
}
