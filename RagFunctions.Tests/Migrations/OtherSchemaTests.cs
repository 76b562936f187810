using Npgsql;
using RagFunctions.Core.Migrations;
using RagFunctions.Tests.Cli;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Migrations;

/// <summary>Both sets outside of "public", and pgvector in a schema of its own.</summary>
public sealed class OtherSchemaTests : IAsyncLifetime
{
    private TestDatabase _database = null!;
    private string _connection = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        await _database.Source.ExecuteAsync("""
            CREATE SCHEMA shop; CREATE SCHEMA extensions; CREATE EXTENSION vector SCHEMA extensions; REVOKE ALL ON SCHEMA public FROM PUBLIC;
            """);
        _connection = new NpgsqlConnectionStringBuilder(_database.ConnectionString) { SearchPath = "shop, extensions" }.ConnectionString;
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    [Trait("Fault", "7")]
    [Trait("Guarantee", "observer")]
    public async Task Everything_works_outside_of_the_public_schema_with_pgvector_in_its_own()
    {
        await RagAsync("migrate", "main", "--capture-changes");
        await RagAsync("migrate", "rag");
        await RagAsync("migrate");
        await using (var source = NpgsqlDataSource.Create(_connection))
        {
            await source.ExecuteAsync("""
                INSERT INTO wb_cabinets (id, api_key, is_active) VALUES (1, 'k', true);
                INSERT INTO wb_products (cabinet_id, nm_id, name) SELECT 1, n, 'Mug ' || n FROM generate_series(1, 9) AS n;
                """);
            Assert.Equal(9, (await source.ReadNamesAsync("SELECT source_id::text FROM rag_changes")).Count);
        }

        await RagAsync("index", "1");
        await RagAsync("verify", "1");
        Assert.Empty(await _database.Source.ReadNamesAsync("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace"));

        // Another service with another search path.
        await _database.Source.ExecuteAsync("UPDATE shop.wb_products SET name = 'Cup' WHERE nm_id = 3; TRUNCATE shop.wb_orders");
        Assert.Equal(["*", "wb_products"], await _database.Source.ReadNamesAsync("SELECT source_table FROM shop.rag_changes ORDER BY 1"));
        await RagAsync("index", "1");
        await RagAsync("verify", "1");
        await RagAsync("rollback", "rag", "--to", "0");
        await RagAsync("rollback", "main", "--to", "0");
    }

    [Fact]
    public async Task A_history_that_an_earlier_version_kept_in_public_is_found_there()
    {
        await RagAsync("migrate", "main");
        await _database.Source.ExecuteAsync("ALTER TABLE shop.rag_schema_main SET SCHEMA public");
        await using var source = NpgsqlDataSource.Create(_connection);
        Assert.Empty(await SchemaMigrator.MigrateAsync(MigrationSet.Main, source, null, TestContext.Current.CancellationToken));
    }

    private async Task RagAsync(params string[] arguments)
    {
        var run = await CliRun.OfAsync(
            new Dictionary<string, string?> { ["ConnectionStrings__Main"] = _connection, ["ConnectionStrings__Rag"] = _connection, ["Embeddings__Provider"] = "offline" },
            arguments);
        Assert.True(run.Code == 0, $"rag {string.Join(' ', arguments)}: {run.Output}{run.Errors}");
    }
}
