using RagFunctions.Tests.Marketplace;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Cli;

public sealed class CabinetCommandsTests : IAsyncLifetime
{
    private readonly string _token = TestTokens.Of(Guid.NewGuid().ToString());
    private TestDatabase _database = null!;

    private Dictionary<string, string?> Variables => new()
    {
        ["ConnectionStrings__Main"] = _database.ConnectionString,
        ["ConnectionStrings__Rag"] = _database.ConnectionString,
        ["Marketplace__TokenKey"] = StubbedServices.TokenKey,
    };

    public async ValueTask InitializeAsync() => _database = await TestDatabase.CreateAsync();

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    [Fact]
    [Trait("Defect", "57")]
    public async Task A_cabinet_is_added_listed_hidden_and_removed_without_showing_its_token()
    {
        CliRun[] runs =
        [
            await CliRun.WithInputAsync(_token + "\n", Variables, "cabinet", "add", "--name", "Shop"),
            await CliRun.WithInputAsync(_token, Variables, "cabinet", "add"),
            await CliRun.OfAsync(Variables, "cabinet", "deactivate", "1"),
            await CliRun.OfAsync(Variables, "cabinet", "list"),
            await CliRun.OfAsync(Variables, "cabinet", "remove", "1"),
            await CliRun.OfAsync(Variables, "cabinet", "remove", "1", "--yes"),
            await CliRun.OfAsync(Variables, "cabinet", "deactivate", "1"),
        ];

        Assert.Equal([0, 1, 0, 0, 1, 0, 1], runs.Select(run => run.Code));
        Assert.Contains("cabinet 1", runs[0].Output, StringComparison.Ordinal);
        Assert.Contains("already that of cabinet 1", runs[1].Errors, StringComparison.Ordinal);
        Assert.Contains("encrypted", runs[3].Output, StringComparison.Ordinal);
        Assert.Contains("--yes", runs[4].Errors, StringComparison.Ordinal);
        Assert.Contains("there is no cabinet 1", runs[6].Errors, StringComparison.Ordinal);
        Assert.DoesNotContain(runs, run => (run.Output + run.Errors).Contains(_token, StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Guarantee", "told")]
    public async Task A_cabinet_is_removed_with_its_index_even_where_main_lost_it()
    {
        await CliRun.WithInputAsync(_token, Variables, "cabinet", "add");
        foreach (var cabinet in (string[])["1", "2"])
        {
            await _database.Source.ExecuteAsync($"INSERT INTO rag_index_status (cabinet_id, indexing_status) VALUES ({cabinet}, 'completed')");
            await _database.Source.ExecuteAsync(
                $"INSERT INTO rag_metadata (cabinet_id, source_table, source_id, chunk_type, chunk_text, chunk_hash) VALUES ({cabinet}, 'wb_orders', 1, 'order', 'x', 'h')");
        }

        CliRun[] runs =
        [
            await CliRun.OfAsync(Variables, "cabinet", "remove", "1", "--yes"),
            await CliRun.OfAsync(Variables, "cabinet", "remove", "2", "--yes"),
            await CliRun.OfAsync(Variables, "cabinet", "remove", "2", "--yes"),
        ];

        Assert.Equal([0, 0, 1], runs.Select(run => run.Code));
        Assert.Contains("1 chunks removed from the index", runs[0].Output, StringComparison.Ordinal);
        Assert.Contains("there is no cabinet 2", runs[2].Errors, StringComparison.Ordinal);
        await using var left = _database.Source.CreateCommand("SELECT (SELECT count(*) FROM rag_index_status) + (SELECT count(*) FROM rag_metadata) + (SELECT count(*) FROM wb_cabinets)");
        Assert.Equal(0L, await left.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    [Trait("Fault", "3")]
    [Trait("Guarantee", "bounded")]
    public async Task Removing_a_cabinet_tells_how_far_it_is()
    {
        await AddWithRowsAsync();
        var lines = (await CliRun.OfAsync(Variables, "cabinet", "remove", "1", "--yes")).Output.Split('\n', StringSplitOptions.TrimEntries);
        Assert.Contains("1 source rows removed", lines);
        Assert.Contains("1 chunks removed", lines);
    }

    [Fact]
    [Trait("Fault", "3")]
    [Trait("Guarantee", "tenants")]
    public async Task Another_seller_finds_neither_rows_nor_an_index()
    {
        await AddWithRowsAsync();
        var run = await CliRun.WithInputAsync(
            TestTokens.Of(Guid.NewGuid().ToString()), Variables, "cabinet", "add", "--replace", "1", "--other-seller", "--yes");
        Assert.True(run.Code == 0, run.Output + run.Errors);
        Assert.Equal(
            ["1 0 0 0"],
            await _database.Source.ReadNamesAsync("""
                SELECT concat_ws(' ', (SELECT count(*) FROM wb_cabinets), (SELECT count(*) FROM wb_orders), (SELECT count(*) FROM rag_metadata), (SELECT count(*) FROM rag_index_status))
                """));
    }

    [Fact]
    public async Task A_token_comes_from_a_file_and_plain_ones_can_be_encrypted()
    {
        var file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        await File.WriteAllTextAsync(file, _token, TestContext.Current.CancellationToken);
        try
        {
            await _database.Source.ExecuteAsync("INSERT INTO wb_cabinets (api_key, is_active) VALUES ('plain', true)");
            Assert.Equal(0, (await CliRun.OfAsync(Variables, "cabinet", "add", "--replace", "1", "--token-file", file)).Code);
            Assert.Equal(["t"], await _database.Source.ReadNamesAsync("SELECT (api_key IS NULL)::text::char(1) FROM wb_cabinets"));
            await _database.Source.ExecuteAsync("INSERT INTO wb_cabinets (api_key, is_active) VALUES ('other', true)");
            Assert.Contains("1 tokens encrypted", (await CliRun.OfAsync(Variables, "cabinet", "encrypt")).Output, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task The_sync_shows_each_entitys_outcome_and_fails_when_one_did()
    {
        await using var stub = await StubMarketplace.StartAsync();
        stub.Answer("/api/v1/supplier/orders", "[]");
        var variables = Variables;
        variables["Marketplace__StatisticsUrl"] = stub.Url;
        await CliRun.WithInputAsync(_token, variables, "cabinet", "add");

        var orders = await CliRun.OfAsync(variables, "sync", "1", "--only", "orders");
        var sales = await CliRun.OfAsync(variables, "sync", "1", "--only", "sales");
        var unknown = await CliRun.OfAsync(variables, "sync", "2");

        Assert.Equal((0, 1, 1), (orders.Code, sales.Code, unknown.Code));
        Assert.Contains("ok", orders.Output, StringComparison.Ordinal);
        Assert.Contains("404", sales.Output, StringComparison.Ordinal);
    }

    private async Task AddWithRowsAsync()
    {
        await CliRun.WithInputAsync(_token, Variables, "cabinet", "add");
        await _database.Source.ExecuteAsync("""
            INSERT INTO wb_orders (cabinet_id, nm_id, srid) VALUES (1, 7, 'a');
            INSERT INTO rag_index_status (cabinet_id, indexing_status) VALUES (1, 'completed');
            INSERT INTO rag_metadata (cabinet_id, source_table, source_id, chunk_type, chunk_text, chunk_hash) VALUES (1, 'wb_orders', 1, 'order', 'x', 'h');
            """);
    }
}
