using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Core.Marketplace.Tokens;
using RagFunctions.Tests.Postgres;
using static RagFunctions.Tests.Marketplace.Sync.SyncWorld;

namespace RagFunctions.Tests.Marketplace.Sync;

public sealed class StockSyncTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>
{
    private const string Rows = "SELECT nm_id, size_key, warehouse_key, size, quantity FROM wb_stocks WHERE cabinet_id = $1 ORDER BY nm_id, size_key, warehouse_key";

    private static readonly (long, long, long, int)[] Three = [(7, 70, 1, 5), (7, 71, 1, 3), (8, 80, 1, 2)];

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Defect", "2")]
    [Trait("Defect", "88")]
    public async Task Sizes_and_warehouses_of_one_article_are_rows_of_their_own()
    {
        await using var world = await StartAsync(database);
        world.Now(WarehouseStocks, Stock((7, 70, 1, 5), (7, 71, 1, 3), (7, 70, 2, 1))).Now(SellerStocks, Stock((7, 70, 1, 9)));

        var result = await world.SyncAsync(SyncEntity.Stocks);

        Assert.Equal((EntitySyncStatus.Ok, 4), (result.Status, result.RowsInserted));
        Assert.Equal(["7|70|seller:1|-|9", "7|70|wb:1|-|5", "7|70|wb:2|-|1", "7|71|wb:1|-|3"], await world.RowsAsync(Rows));
        Assert.Equal(4, (await world.TakeQueueAsync(Entity.Stocks)).Length);
    }

    [Fact]
    [Trait("Defect", "90")]
    public async Task A_quiet_snapshot_writes_nothing()
    {
        await using var world = await StartAsync(database);
        world.Now(WarehouseStocks, Stock(Three)).Now(SellerStocks, Stock((7, 70, 5, 9)));
        await world.SyncAsync(SyncEntity.Stocks);
        await world.TakeQueueAsync(Entity.Stocks);
        var before = await world.VersionsAsync();

        Assert.False((await world.SyncAsync(SyncEntity.Stocks)).HasChanges);
        Assert.Equal(before, await world.VersionsAsync());
        Assert.Empty(await world.TakeQueueAsync(Entity.Stocks));
    }

    [Fact]
    [Trait("Guarantee", "no-mass-deletion")]
    [Trait("Defect", "1")]
    [Trait("Defect", "89")]
    [Trait("Defect", "91")]
    public async Task What_a_snapshot_does_not_name_is_zeroed_in_its_own_report()
    {
        await using var world = await StartAsync(database);
        world.Now(WarehouseStocks, Stock(Three), Stock((7, 70, 1, 5), (7, 71, 1, 3))).Now(SellerStocks, Stock((9, 90, 5, 9)));
        await world.SyncAsync(SyncEntity.Stocks);
        await world.TakeQueueAsync(Entity.Stocks);

        var result = await world.SyncAsync(SyncEntity.Stocks);

        Assert.Equal((EntitySyncStatus.Ok, 1), (result.Status, result.RowsUpdated));
        Assert.Equal(["7|70|wb:1|-|5", "7|71|wb:1|-|3", "8|80|wb:1|-|0", "9|90|seller:5|-|9"], await world.RowsAsync(Rows));
        Assert.Equal(
            await world.RowsAsync("SELECT id FROM wb_stocks WHERE cabinet_id = $1 AND nm_id = 8"),
            (await world.TakeQueueAsync(Entity.Stocks)).Select(id => $"{id}"));
        Assert.False((await world.SyncAsync(SyncEntity.Stocks)).HasChanges);
    }

    [Fact]
    [Trait("Guarantee", "no-mass-deletion")]
    [Trait("Defect", "89")]
    public async Task An_empty_answer_is_believed_only_when_it_comes_again()
    {
        await using var world = await StartAsync(database);
        world.Now(WarehouseStocks, Stock(Three), NoStock).Now(SellerStocks, NoStock);
        await world.SyncAsync(SyncEntity.Stocks);

        Assert.False((await world.SyncAsync(SyncEntity.Stocks)).HasChanges);
        Assert.Equal(["10"], await world.RowsAsync("SELECT sum(quantity)::int FROM wb_stocks WHERE cabinet_id = $1"));

        Assert.Equal(3, (await world.SyncAsync(SyncEntity.Stocks)).RowsUpdated);
        Assert.Equal(["0"], await world.RowsAsync("SELECT sum(quantity)::int FROM wb_stocks WHERE cabinet_id = $1"));
    }

    [Fact]
    [Trait("Defect", "89")]
    public async Task Fewer_than_half_of_the_known_rows_need_a_second_equal_answer()
    {
        await using var world = await StartAsync(database);
        world.Now(WarehouseStocks, Stock(Three), Stock((7, 70, 1, 5)), Stock((7, 71, 1, 3)), Stock((7, 71, 1, 4))).Now(SellerStocks, NoStock);
        await world.SyncAsync(SyncEntity.Stocks);

        Assert.False((await world.SyncAsync(SyncEntity.Stocks)).HasChanges);
        // Small again, but of another row: no confirmation.
        Assert.False((await world.SyncAsync(SyncEntity.Stocks)).HasChanges);
        // The same row again, its quantity moved on: confirmed.
        Assert.Equal(3, (await world.SyncAsync(SyncEntity.Stocks)).RowsUpdated);
        Assert.Equal(["7|70|wb:1|-|0", "7|71|wb:1|-|4", "8|80|wb:1|-|0"], await world.RowsAsync(Rows));
    }

    [Fact]
    [Trait("Guarantee", "no-mass-deletion")]
    [Trait("Defect", "89")]
    public async Task The_same_small_answer_within_one_cycle_confirms_nothing()
    {
        await using var world = await StartAsync(database);
        world.Now(WarehouseStocks, Stock(Three), NoStock).Now(SellerStocks, NoStock);
        await world.SyncAsync(SyncEntity.Stocks);
        await world.SyncAsync(SyncEntity.Stocks);

        // Somebody is impatient: the report is made again every half hour only, so this is the same answer.
        foreach (var minutes in new[] { 1, 10, 10 })
        {
            world.Time.Advance(TimeSpan.FromMinutes(minutes));
            var again = await world.Services.GetRequiredService<EntitySync>().RunAsync(world.Cabinet, SyncEntity.Stocks, evenIfNotDue: true, Ct);
            Assert.Equal((EntitySyncStatus.Ok, false), (again.Status, again.HasChanges));
        }

        world.Time.Advance(TimeSpan.FromMinutes(8));
        Assert.Equal(3, (await world.Services.GetRequiredService<EntitySync>().RunAsync(world.Cabinet, SyncEntity.Stocks, evenIfNotDue: true, Ct)).RowsUpdated);
    }

    [Fact]
    public async Task A_whole_answer_in_between_makes_a_small_one_doubtful_again()
    {
        await using var world = await StartAsync(database);
        world.Now(WarehouseStocks, Stock(Three), NoStock, Stock(Three), NoStock).Now(SellerStocks, NoStock);
        for (var i = 0; i < 4; i++)
        {
            await world.SyncAsync(SyncEntity.Stocks);
        }

        Assert.Equal(["10"], await world.RowsAsync("SELECT sum(quantity)::int FROM wb_stocks WHERE cabinet_id = $1"));
    }

    [Fact]
    [Trait("Defect", "89")]
    public async Task A_snapshot_resumed_after_a_limit_zeroes_nothing_it_has_named()
    {
        await using var world = await StartAsync(database, settings: new Dictionary<string, string?> { ["Marketplace:StockPageRows"] = "2" });
        world.Now(WarehouseStocks, Stock(Three[..2]), Stock(Three[2..])).Now(SellerStocks, NoStock);

        var first = await world.RunAsync(SyncEntity.Stocks);
        world.Time.Advance(TimeSpan.FromSeconds(20));
        var second = await world.RunAsync(SyncEntity.Stocks);

        Assert.Equal((EntitySyncStatus.Waiting, Start.AddSeconds(20)), (first.Status, first.WaitUntil!.Value));
        Assert.Equal((EntitySyncStatus.Ok, 1, 0), (second.Status, second.RowsInserted, second.RowsUpdated));
        Assert.Equal("""{"limit":2,"offset":2}""", world.Stub.Requests.Last(r => r.Path == WarehouseStocks).Body);
        Assert.Equal(["7|70|wb:1|-|5", "7|71|wb:1|-|3", "8|80|wb:1|-|2"], await world.RowsAsync(Rows));
    }

    [Fact]
    [Trait("Guarantee", "no-mass-deletion")]
    public async Task A_page_that_comes_twice_instead_of_another_zeroes_nothing()
    {
        await using var world = await StartAsync(database, settings: new Dictionary<string, string?> { ["Marketplace:StockPageRows"] = "2" });
        world.Now(WarehouseStocks, Stock(Three[..2]), Stock(Three[2..]), Stock(Three[..2]), Stock(Three[..1])).Now(SellerStocks, NoStock);
        for (var i = 0; i < 3; i++)
        {
            await world.SyncAsync(SyncEntity.Stocks);
        }

        var overlapping = await world.SyncAsync(SyncEntity.Stocks);

        Assert.Equal((EntitySyncStatus.Failed, 0), (overlapping.Status, overlapping.RowsUpdated));
        Assert.Equal(["7|70|wb:1|-|5", "7|71|wb:1|-|3", "8|80|wb:1|-|2"], await world.RowsAsync(Rows));
    }

    [Fact]
    [Trait("Defect", "90")]
    public async Task A_size_gets_its_name_from_a_card_that_comes_later()
    {
        await using var world = await StartAsync(database);
        world.Now(WarehouseStocks, Stock((7, 70, 1, 5))).Now(SellerStocks, NoStock)
            .Now(Cards, CardPage("2026-11-20T00:00:00Z", 1, Card(7))).Now(Trash, NoCards);
        await world.SyncAsync(SyncEntity.Stocks);
        await world.SyncAsync(SyncEntity.Cards);

        Assert.Equal(1, (await world.SyncAsync(SyncEntity.Stocks)).RowsUpdated);
        Assert.Equal(["7|70|wb:1|M|5"], await world.RowsAsync(Rows));
    }

    [Fact]
    [Trait("Defect", "88")]
    public async Task A_basic_token_reads_the_task_report_and_adds_up_barcodes()
    {
        const string Remains = "/api/v1/warehouse_remains";
        await using var world = await StartAsync(database, TokenKind.Basic);
        world.Now(Cards, CardPage("2026-11-20T00:00:00Z", 1, Card(7))).Now(Trash, NoCards)
            .Now(Remains, """{"data":{"taskId":"t1"}}""")
            .Now(Remains + "/tasks/t1/status", """{"data":{"id":"t1","status":"processing"}}""", """{"data":{"id":"t1","status":"done"}}""")
            .Now(Remains + "/tasks/t1/download", """[{"nmId":7,"barcode":"b7","techSize":"M","warehouses":[{"warehouseName":"Склад","quantity":3}]},{"nmId":7,"barcode":"b7x","techSize":"M","warehouses":[{"warehouseName":"Склад","quantity":4}]},{"nmId":8,"barcode":"b8","techSize":"L","warehouses":[{"warehouseName":"Склад","quantity":1}]}]""");
        await world.SyncAsync(SyncEntity.Cards);

        var first = await world.SyncAsync(SyncEntity.Stocks);
        var second = await world.SyncAsync(SyncEntity.Stocks);

        Assert.Equal(EntitySyncStatus.Waiting, first.Status);
        Assert.Equal((EntitySyncStatus.Ok, 2), (second.Status, second.RowsInserted));
        Assert.Equal(["7|70|wb:Склад|M|7", "8|size:L|wb:Склад|L|1"], await world.RowsAsync(Rows));
        Assert.Equal(1, world.Stub.Count(Remains));
    }

    [Fact]
    public async Task An_old_row_is_recognised_by_article_warehouse_and_size()
    {
        await using var world = await StartAsync(database);
        await world.ExecuteAsync("""
            INSERT INTO wb_stocks (cabinet_id, nm_id, size, warehouse_name, quantity) VALUES ($1, 7, 'M', 'W1', 4), ($1, 7, 'M', 'Коледино', 4)
            """);
        world.Now(Cards, CardPage("2026-11-20T00:00:00Z", 1, Card(7))).Now(Trash, NoCards)
            .Now(WarehouseStocks, Stock((7, 70, 1, 5))).Now(SellerStocks, NoStock);
        await world.SyncAsync(SyncEntity.Cards);

        var result = await world.SyncAsync(SyncEntity.Stocks);

        Assert.Equal((0, 2), (result.RowsInserted, result.RowsUpdated));
        Assert.Equal(["7|70|wb:1|M|5", "7|-|-|M|0"], await world.RowsAsync(Rows));
    }

    [Fact]
    public async Task Without_the_right_to_seller_warehouses_the_marketplaces_are_still_read()
    {
        await using var world = await StartAsync(database);
        world.Now(WarehouseStocks, Stock(Three));
        world.Stub.Answer(SellerStocks, "{}", 403);

        var result = await world.SyncAsync(SyncEntity.Stocks);

        Assert.Equal((EntitySyncStatus.Ok, 3), (result.Status, result.RowsInserted));
    }
}
