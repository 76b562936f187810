using Microsoft.AspNetCore.Http;
using RagFunctions.Core;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Tests.Postgres;
using static RagFunctions.Tests.Marketplace.Sync.SyncWorld;

namespace RagFunctions.Tests.Marketplace.Sync;

public sealed class StatisticsSyncTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>
{
    private const string OrderRows = "SELECT srid, order_id, price, status FROM wb_orders WHERE cabinet_id = $1 ORDER BY srid NULLS FIRST, id";
    private const string SaleRows = "SELECT wb_sale_id, srid, type, amount FROM wb_sales WHERE cabinet_id = $1 ORDER BY wb_sale_id NULLS FIRST, id";

    private static readonly Dictionary<string, string?> PagesOfTwo = new() { ["Marketplace:StatisticsCutRows"] = "2" };

    [Fact]
    [Trait("Guarantee", "synced")]
    [Trait("Defect", "40")]
    [Trait("Defect", "76")]
    public async Task Two_orders_of_one_basket_are_two_rows_and_two_changes()
    {
        await using var world = await StartAsync(database);
        world.Now(Orders, $"[{Order("a")},{Order("b")}]");

        var result = await world.SyncAsync(SyncEntity.Orders);

        Assert.Equal(new EntitySyncResult(SyncEntity.Orders, EntitySyncStatus.Ok, 2, 2), result);
        Assert.Equal(["a|B1|1000|active", "b|B1|1000|active"], await world.RowsAsync(OrderRows));
        Assert.Equal(
            await world.RowsAsync("SELECT id FROM wb_orders WHERE cabinet_id = $1 ORDER BY id"),
            (await world.TakeQueueAsync(Entity.Orders)).Select(id => $"{id}"));
    }

    [Fact]
    public async Task A_quiet_sync_writes_nothing_and_queues_nothing()
    {
        await using var world = await StartAsync(database);
        world.Now(Orders, $"[{Order("a")},{Order("b")}]").Now(Sales, $"[{Sale("S1")},{Sale("R1")}]");
        await world.SyncAsync(SyncEntity.Orders);
        await world.SyncAsync(SyncEntity.Sales);
        await world.TakeQueueAsync(Entity.Orders);
        await world.TakeQueueAsync(Entity.Sales);
        var before = await world.VersionsAsync();

        var orders = await world.SyncAsync(SyncEntity.Orders);
        var sales = await world.SyncAsync(SyncEntity.Sales);

        Assert.Equal((EntitySyncStatus.Ok, 2, false), (orders.Status, orders.RowsRead, orders.HasChanges));
        Assert.Equal((EntitySyncStatus.Ok, 2, false), (sales.Status, sales.RowsRead, sales.HasChanges));
        Assert.Equal(before, await world.VersionsAsync());
        Assert.Empty(await world.TakeQueueAsync(Entity.Orders));
        Assert.Empty(await world.TakeQueueAsync(Entity.Sales));
    }

    [Fact]
    public async Task Only_the_order_that_changed_is_written_and_queued()
    {
        await using var world = await StartAsync(database);
        world.Now(Orders, $"[{Order("a")},{Order("b")}]", $"[{Order("a")},{Order("b", "2026-11-21T10:00:00", cancelled: true)}]");
        await world.SyncAsync(SyncEntity.Orders);
        var ids = await world.TakeQueueAsync(Entity.Orders);

        var result = await world.SyncAsync(SyncEntity.Orders);

        Assert.Equal((0, 1), (result.RowsInserted, result.RowsUpdated));
        Assert.Equal([ids[1]], await world.TakeQueueAsync(Entity.Orders));
        Assert.Equal(["a|B1|1000|active", "b|B1|1000|canceled"], await world.RowsAsync(OrderRows));
    }

    [Fact]
    public async Task A_new_change_time_alone_is_kept_but_is_no_change()
    {
        await using var world = await StartAsync(database);
        world.Now(Orders, $"[{Order("a")}]", $"[{Order("a", "2026-11-21T10:00:00")}]");
        await world.SyncAsync(SyncEntity.Orders);
        await world.TakeQueueAsync(Entity.Orders);

        Assert.False((await world.SyncAsync(SyncEntity.Orders)).HasChanges);
        Assert.Empty(await world.TakeQueueAsync(Entity.Orders));
        Assert.Equal(["2026-11-21T07:00:00"], await world.RowsAsync("SELECT last_change_date FROM wb_orders WHERE cabinet_id = $1"));
    }

    [Fact]
    [Trait("Guarantee", "synced")]
    [Trait("Defect", "78")]
    public async Task An_older_answer_never_overwrites_a_newer_one()
    {
        await using var world = await StartAsync(database);
        world.Now(Orders, $"[{Order("a", "2026-11-21T10:00:00", 900)}]", $"[{Order("a", "2026-11-20T10:00:00", 1000)}]")
            .Now(Sales, $"[{Sale("S1", changed: "2026-11-21T10:00:00", paid: 900)}]", $"[{Sale("S1", changed: "2026-11-20T10:00:00", paid: 1000)}]");
        for (var i = 0; i < 2; i++)
        {
            await world.SyncAsync(SyncEntity.Orders);
            await world.SyncAsync(SyncEntity.Sales);
        }

        Assert.Equal(["a|B1|900|active"], await world.RowsAsync(OrderRows));
        Assert.Equal(["S1|srid-1|buyout|900"], await world.RowsAsync(SaleRows));
    }

    [Fact]
    [Trait("Defect", "105")]
    public async Task A_row_named_twice_is_stored_once_in_its_latest_state()
    {
        await using var world = await StartAsync(database);
        world.Now(Orders, $"[{Order("a", "2026-11-21T10:00:00", 900)},{Order("a", paid: 1000)}]");

        await world.SyncAsync(SyncEntity.Orders);

        Assert.Equal(["a|B1|900|active"], await world.RowsAsync(OrderRows));
    }

    [Fact]
    [Trait("Guarantee", "synced")]
    [Trait("Defect", "77")]
    public async Task A_return_with_its_sales_srid_is_a_row_of_its_own()
    {
        await using var world = await StartAsync(database);
        world.Now(Sales, $"[{Sale("S1")},{Sale("R1")}]");

        await world.SyncAsync(SyncEntity.Sales);

        Assert.Equal(["R1|srid-1|return|1231", "S1|srid-1|buyout|1231"], await world.RowsAsync(SaleRows));
    }

    [Fact]
    [Trait("Guarantee", "synced")]
    [Trait("Defect", "78")]
    [Trait("Defect", "79")]
    public async Task Amounts_filled_late_reach_the_sale_and_the_queue()
    {
        await using var world = await StartAsync(database);
        world.Now(Sales, $"[{Sale("S1", paid: 0)}]", $"[{Sale("S1", changed: "2026-11-20T20:00:00", paid: 1231)}]");
        await world.SyncAsync(SyncEntity.Sales);
        var ids = await world.TakeQueueAsync(Entity.Sales);

        Assert.Equal(1, (await world.SyncAsync(SyncEntity.Sales)).RowsUpdated);
        Assert.Equal(ids, await world.TakeQueueAsync(Entity.Sales));
        Assert.Equal(["1231|2400|1560|1187.6"], await world.RowsAsync("SELECT amount, total_price, price_with_disc, for_pay FROM wb_sales WHERE cabinet_id = $1"));
    }

    [Fact]
    [Trait("Guarantee", "synced")]
    [Trait("Defect", "99")]
    public async Task A_first_load_begins_90_days_back_later_ones_overlap()
    {
        await using var world = await StartAsync(database);
        world.Now(Orders, $"[{Order("a", "2026-11-22T10:00:00")}]");
        await world.SyncAsync(SyncEntity.Orders);
        await world.SyncAsync(SyncEntity.Orders);

        Assert.Equal(
            ["?dateFrom=2026-08-24T15%3A30%3A00&flag=0", "?dateFrom=2026-11-22T08%3A00%3A00&flag=0"], world.Stub.Requests.Select(r => r.Query));
    }

    [Fact]
    [Trait("Defect", "98")]
    public async Task Paging_goes_on_from_the_last_change_until_an_answer_is_short()
    {
        await using var world = await StartAsync(database, settings: PagesOfTwo);
        world.Now(
            Orders,
            $"[{Order("a", "2026-11-20T10:00:00")},{Order("b", "2026-11-20T11:00:00.5")}]",
            $"[{Order("b", "2026-11-20T11:00:00.5")},{Order("c", "2026-11-20T12:00:00")}]",
            $"[{Order("c", "2026-11-20T12:00:00")}]");

        var result = await world.SyncAsync(SyncEntity.Orders);

        Assert.Equal((EntitySyncStatus.Ok, 5, 3, 0), (result.Status, result.RowsRead, result.RowsInserted, result.RowsUpdated));
        Assert.Equal(
            ["?dateFrom=2026-11-20T11%3A00%3A00.5&flag=0", "?dateFrom=2026-11-20T12%3A00%3A00&flag=0"],
            world.Stub.Requests.Skip(1).Select(r => r.Query));
    }

    [Fact]
    [Trait("Guarantee", "synced")]
    [Trait("Defect", "98")]
    public async Task A_cursor_that_does_not_advance_is_a_failure()
    {
        await using var world = await StartAsync(database, settings: PagesOfTwo);
        world.Now(Orders, $"[{Order("a", "2026-11-20T11:00:00")},{Order("b", "2026-11-20T11:00:00")}]");

        var result = await world.SyncAsync(SyncEntity.Orders);

        Assert.Equal(EntitySyncStatus.Failed, result.Status);
        Assert.Contains("does not advance", result.Reason, StringComparison.Ordinal);
        Assert.Equal(2, world.Stub.Count(Orders));
    }

    [Fact]
    [Trait("Guarantee", "synced")]
    public async Task A_cut_answer_reaching_the_present_goes_on_where_rows_were_complete()
    {
        await using var world = await StartAsync(database, settings: PagesOfTwo);

        // It is half past three in Moscow. What changed at 14:10 appears after what changed at 14:30 has been read.
        world.Stub.Answer(Orders, $"[{Order("a", "2026-11-22T09:00:00")},{Order("b", "2026-11-22T14:30:00")}]")
            .Answer(Orders, $"[{Order("late", "2026-11-22T14:10:00")}]");

        var result = await world.SyncAsync(SyncEntity.Orders);

        Assert.Equal((EntitySyncStatus.Ok, 3), (result.Status, result.RowsInserted));
        Assert.Equal("?dateFrom=2026-11-22T13%3A30%3A00&flag=0", world.Stub.Requests.Last().Query);
    }

    [Fact]
    [Trait("Guarantee", "synced")]
    public async Task A_cut_answer_may_take_the_cursor_back()
    {
        await using var world = await StartAsync(database, settings: PagesOfTwo);
        world.Stub.Answer(Orders, $"[{Order("a", "2026-11-22T14:30:00")}]")
            .Answer(Orders, $"[{Order("a", "2026-11-22T14:30:00")},{Order("b", "2026-11-22T14:40:00")}]")
            .Answer(Orders, $"[{Order("late", "2026-11-22T14:10:00")}]");
        await world.SyncAsync(SyncEntity.Orders);

        var result = await world.SyncAsync(SyncEntity.Orders);

        Assert.Equal((EntitySyncStatus.Ok, 2), (result.Status, result.RowsInserted));
        Assert.Equal("?dateFrom=2026-11-22T14%3A00%3A00&flag=0", world.Stub.Requests.Last().Query);
    }

    [Fact]
    [Trait("Defect", "104")]
    public async Task After_a_failure_between_pages_reading_goes_on_behind_the_first()
    {
        await using var world = await StartAsync(database, settings: PagesOfTwo);
        world.Stub.Answer(Orders, $"[{Order("a", "2026-11-20T10:00:00")},{Order("b", "2026-11-20T11:00:00")}]")
            .Answer(Orders, "{}", 400).Answer(Orders, $"[{Order("c", "2026-11-20T12:00:00")}]");

        var failed = await world.SyncAsync(SyncEntity.Orders);
        var resumed = await world.SyncAsync(SyncEntity.Orders);

        Assert.Equal((EntitySyncStatus.Failed, 2), (failed.Status, failed.RowsInserted));
        Assert.Equal((EntitySyncStatus.Ok, 1), (resumed.Status, resumed.RowsInserted));
        Assert.Equal("?dateFrom=2026-11-20T11%3A00%3A00&flag=0", world.Stub.Requests.Last().Query);
    }

    [Fact]
    [Trait("Defect", "97")]
    public async Task A_limit_between_pages_makes_the_sync_wait_and_go_on()
    {
        await using var world = await StartAsync(database, settings: PagesOfTwo);
        world.Now(Sales, $"[{Sale("S1", changed: "2026-11-20T10:00:00")},{Sale("S2", changed: "2026-11-20T11:00:00")}]", $"[{Sale("S3", changed: "2026-11-20T12:00:00")}]");

        var first = await world.RunAsync(SyncEntity.Sales);
        var early = await world.RunAsync(SyncEntity.Sales);
        world.Time.Advance(TimeSpan.FromMinutes(1));
        var second = await world.RunAsync(SyncEntity.Sales);

        Assert.Equal((EntitySyncStatus.Waiting, Start.AddMinutes(1), 2), (first.Status, first.WaitUntil!.Value, first.RowsInserted));
        Assert.Equal((EntitySyncStatus.Waiting, Start.AddMinutes(1)), (early.Status, early.WaitUntil!.Value));
        Assert.Equal((EntitySyncStatus.Ok, 1), (second.Status, second.RowsInserted));
        Assert.Equal(2, world.Stub.Count(Sales));
    }

    [Fact]
    public async Task A_change_time_in_the_future_does_not_carry_the_cursor_away()
    {
        await using var world = await StartAsync(database);
        world.Now(Orders, $"[{Order("a", "2099-01-01T00:00:00")}]");
        await world.SyncAsync(SyncEntity.Orders);
        await world.SyncAsync(SyncEntity.Orders);

        Assert.Equal("?dateFrom=2026-11-22T13%3A30%3A00&flag=0", world.Stub.Requests.Last().Query);
    }

    [Fact]
    [Trait("Guarantee", "synced")]
    [Trait("Defect", "76")]
    public async Task An_old_order_is_recognised_only_where_nothing_else_could_match()
    {
        await using var world = await StartAsync(database);
        await world.ExecuteAsync("""
            INSERT INTO wb_orders (cabinet_id, order_id, nm_id, size, price, status, order_date) VALUES
                ($1, 'B1', 7, 'M', 1000, 'active', '2026-11-19T10:00:00+03'), ($1, 'B2', 7, 'M', 1000, 'active', '2026-11-19T10:00:00+03')
            """);
        world.Now(Orders, $"[{Order("a")},{Order("b", basket: "B2")},{Order("c", basket: "B2")},{Order("d", size: "L")}]");

        var result = await world.SyncAsync(SyncEntity.Orders);

        Assert.Equal((3, 1), (result.RowsInserted, result.RowsUpdated));
        Assert.Equal(
            ["-|B2|1000|active", "a|B1|1000|active", "b|B2|1000|active", "c|B2|1000|active", "d|B1|1000|active"], await world.RowsAsync(OrderRows));
    }

    [Fact]
    [Trait("Defect", "77")]
    public async Task An_old_sale_is_recognised_by_its_ids_and_typed_rightly()
    {
        await using var world = await StartAsync(database);
        await world.ExecuteAsync("""
            INSERT INTO wb_sales (cabinet_id, sale_id, order_id, nm_id, amount, type) VALUES ($1, 'srid-1', 'R1', 7, 2400, 'buyout')
            """);
        world.Now(Sales, $"[{Sale("R1")},{Sale("S1")}]");

        var result = await world.SyncAsync(SyncEntity.Sales);

        Assert.Equal((1, 1), (result.RowsInserted, result.RowsUpdated));
        Assert.Equal(["R1|srid-1|return|1231", "S1|srid-1|buyout|1231"], await world.RowsAsync(SaleRows));
    }

    [Fact]
    public async Task Texts_longer_than_their_column_are_cut()
    {
        await using var world = await StartAsync(database);
        world.Now(Orders, $"[{Order("a", size: new string('x', 400))}]");

        Assert.Equal(EntitySyncStatus.Ok, (await world.SyncAsync(SyncEntity.Orders)).Status);
        Assert.Equal(["50"], await world.RowsAsync("SELECT length(size) FROM wb_orders WHERE cabinet_id = $1"));
        Assert.False((await world.SyncAsync(SyncEntity.Orders)).HasChanges);
    }

    [Fact]
    [Trait("Guarantee", "synced")]
    [Trait("Defect", "112")]
    public async Task Money_finer_than_a_kopeck_is_rounded_and_is_no_change()
    {
        await using var world = await StartAsync(database);
        world.Now(Orders, $"[{Order("a", paid: 1271.995m)}]").Now(Sales, $"[{Sale("S1", paid: 0.005m)}]");

        Assert.Equal(1, (await world.SyncAsync(SyncEntity.Orders)).RowsInserted);
        Assert.Equal(1, (await world.SyncAsync(SyncEntity.Sales)).RowsInserted);
        var before = await world.VersionsAsync();

        Assert.False((await world.SyncAsync(SyncEntity.Orders)).HasChanges);
        Assert.False((await world.SyncAsync(SyncEntity.Sales)).HasChanges);
        Assert.Equal(before, await world.VersionsAsync());
        Assert.Equal(["1272|0.01"], await world.RowsAsync("SELECT o.price, s.amount FROM wb_orders o JOIN wb_sales s USING (cabinet_id) WHERE cabinet_id = $1"));
    }

    [Fact]
    [Trait("Guarantee", "synced")]
    [Trait("Defect", "102")]
    public async Task A_worker_whose_lease_was_taken_writes_neither_rows_nor_cursor()
    {
        await using var world = await StartAsync(database);
        world.Stub.Answer(Orders, async context =>
        {
            await world.ExecuteAsync("UPDATE wb_sync_cursors SET lease_token = lease_token + 1 WHERE cabinet_id = $1");
            await context.Response.WriteAsync($"[{Order("a")}]");
        });

        var result = await world.SyncAsync(SyncEntity.Orders);

        Assert.Equal(EntitySyncStatus.Busy, result.Status);
        Assert.Empty(await world.RowsAsync(OrderRows));
        Assert.Equal(["{}"], await world.RowsAsync("SELECT state::text FROM wb_sync_cursors WHERE cabinet_id = $1"));
        Assert.Empty(await world.TakeQueueAsync(Entity.Orders));
    }
}
