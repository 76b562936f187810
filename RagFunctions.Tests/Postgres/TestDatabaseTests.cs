using Npgsql;
using Pgvector;

namespace RagFunctions.Tests.Postgres;

public sealed class TestDatabaseTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private const string CountDatabase = "SELECT count(*) FROM pg_database WHERE datname = $1";
    private const string ListTables = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace";

    [Fact]
    public async Task A_class_has_both_schemas_in_its_own_database()
    {
        var cabinet = await fixture.AddCabinetAsync();
        await using var command = fixture.Rag.Source.CreateCommand(
            "SELECT (SELECT count(*) FROM rag_metadata), (SELECT count(*) FROM wb_cabinets WHERE id = $1), $2::vector");
        command.Parameters.AddWithValue(cabinet);
        command.Parameters.AddWithValue(new Vector(new[] { 1f, 2f }));
        await using var row = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        Assert.True(await row.ReadAsync(TestContext.Current.CancellationToken));
        Assert.Equal((0L, 1L), (row.GetInt64(0), row.GetInt64(1)));
        Assert.Equal([1f, 2f], row.GetFieldValue<Vector>(2).ToArray());
    }

    [Theory]
    [InlineData(SchemaKind.Empty, false, false)]
    [InlineData(SchemaKind.Main, true, false)]
    [InlineData(SchemaKind.Rag, false, true)]
    [InlineData(SchemaKind.Both, true, true)]
    public async Task A_database_holds_the_schemas_of_its_kind(SchemaKind kind, bool main, bool rag)
    {
        await using var database = await TestDatabase.CreateAsync(kind);
        var tables = await database.Source.ReadNamesAsync(ListTables);
        Assert.Equal((main, rag), (tables.Contains("wb_orders"), tables.Contains("rag_metadata")));
        Assert.Equal(main || rag, tables.Count > 0);
    }

    [Fact]
    public async Task What_one_database_writes_no_other_one_sees()
    {
        await using var one = await TestDatabase.CreateAsync(SchemaKind.Main);
        await using var other = await TestDatabase.CreateAsync(SchemaKind.Main);
        await using var insert = one.Source.CreateCommand("INSERT INTO wb_cabinets (api_key) VALUES ('k')");
        await insert.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        Assert.Single(await one.Source.ReadNamesAsync("SELECT api_key FROM wb_cabinets"));
        Assert.Empty(await other.Source.ReadNamesAsync("SELECT api_key FROM wb_cabinets"));
    }

    [Fact]
    public async Task A_disposed_database_is_gone_though_somebody_is_still_connected()
    {
        var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        await using var straggler = new NpgsqlConnection(database.ConnectionString);
        await straggler.OpenAsync(TestContext.Current.CancellationToken);
        await database.DisposeAsync();
        await using var count = fixture.Source.CreateCommand(CountDatabase);
        count.Parameters.AddWithValue(database.Name);
        Assert.Equal(0L, await count.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Many_databases_are_made_at_once_from_one_template()
    {
        var databases = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => TestDatabase.CreateAsync()));
        Assert.Equal(8, databases.Select(database => database.Name).Distinct().Count());
        foreach (var database in databases)
        {
            Assert.Contains("rag_changes", await database.Source.ReadNamesAsync(ListTables));
            await database.DisposeAsync();
        }
    }
}
