using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core;
using RagFunctions.Core.Marketplace.Cabinets;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Core.Marketplace.Tokens;
using RagFunctions.Tests.Postgres;
using static RagFunctions.Tests.Marketplace.Sync.SyncWorld;

namespace RagFunctions.Tests.Marketplace.Sync;

/// <summary>What the marketplace really answers, beyond its own schema: no row is lost, no fact is wrong, no entity stands still.</summary>
public sealed class RealAnswersTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>
{
    private const string Products = "SELECT nm_id, name, brand, is_active FROM wb_products WHERE cabinet_id = $1 ORDER BY nm_id";
    private const string Rejects = "SELECT entity, row_key, reason FROM wb_sync_rejects WHERE cabinet_id = $1 ORDER BY 1, 2";
    private const string Stocks = "SELECT nm_id, warehouse_key, quantity FROM wb_stocks WHERE cabinet_id = $1 ORDER BY 1, 2";
    private const string At = "2026-11-20T00:00:00.000001Z";
    private const string Remains = "/api/v1/warehouse_remains";

    private static readonly string BadOrder = Order("bad").Replace("\"isCancel\":false,", "", StringComparison.Ordinal);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Guarantee", "kept-aside")]
    public async Task A_bad_row_is_kept_aside_and_stored_when_it_comes_right()
    {
        await using var world = await StartAsync(database);
        world.Now(Orders, $"[{Order("a")},{BadOrder}]", $"[{Order("a")},{Order("bad")}]");

        var first = await world.SyncAsync(SyncEntity.Orders);
        Assert.Equal((EntitySyncStatus.Ok, 2, 1, 1), (first.Status, first.RowsRead, first.RowsInserted, first.RowsRejected));
        Assert.Equal(["orders|bad|isCancel is missing"], await world.RowsAsync(Rejects));
        Assert.Equal(["1"], await world.RowsAsync("SELECT records_errors FROM wb_sync_logs WHERE cabinet_id = $1"));

        var second = await world.SyncAsync(SyncEntity.Orders);
        Assert.Equal((1, 0), (second.RowsInserted, second.RowsRejected));
        Assert.Empty(await world.RowsAsync(Rejects));
    }

    [Theory]
    [Trait("Guarantee", "kept-aside")]
    [InlineData("\"totalPrice\":2400", "\"totalPrice\":1e27")]
    [InlineData("\"spp\":18.5", "\"spp\":9999999999")]
    public async Task A_row_the_database_refuses_is_kept_aside(string good, string bad)
    {
        await using var world = await StartAsync(database);
        world.Now(Orders, $"[{Order("a")},{Order("b").Replace(good, bad, StringComparison.Ordinal)},{Order("c")}]");

        var result = await world.SyncAsync(SyncEntity.Orders);

        Assert.Equal((EntitySyncStatus.Ok, 2, 1), (result.Status, result.RowsInserted, result.RowsRejected));
        Assert.Equal(["a", "c"], await world.RowsAsync("SELECT srid FROM wb_orders WHERE cabinet_id = $1 ORDER BY 1"));
        Assert.StartsWith("orders|b|22003", Assert.Single(await world.RowsAsync(Rejects)), StringComparison.Ordinal);
        Assert.Equal(2, (await world.TakeQueueAsync(Entity.Orders)).Length);
    }

    [Fact]
    [Trait("Guarantee", "kept-aside")]
    public async Task An_unreadable_stock_line_zeroes_nothing_of_its_article()
    {
        await using var world = await StartAsync(database);
        const string Line = """{"nmId":7,"chrtId":70,"warehouseId":1,"warehouseName":"W1","quantity":5,"inWayToClient":0,"inWayFromClient":0}""";
        const string Other = """{"nmId":8,"chrtId":80,"warehouseId":1,"warehouseName":"W1","quantity":2,"inWayToClient":0,"inWayFromClient":0}""";
        world.Now(WarehouseStocks, Stock((7, 70, 1, 5), (8, 80, 1, 2), (9, 90, 1, 1)),
                $$"""{"data":{"items":[{{Line.Replace("5", "\"five\"", StringComparison.Ordinal)}},{{Other}}]} }""",
                $$"""{"data":{"items":[{"warehouse":"unknown"},{{Other}}]} }""")
            .Now(SellerStocks, NoStock);
        await world.SyncAsync(SyncEntity.Stocks);

        await world.SyncAsync(SyncEntity.Stocks);
        Assert.Equal(["7|wb:1|5", "8|wb:1|2", "9|wb:1|0"], await world.RowsAsync(Stocks));

        var unknown = await world.SyncAsync(SyncEntity.Stocks);
        Assert.Equal((EntitySyncStatus.Ok, 1, 0), (unknown.Status, unknown.RowsRejected, unknown.RowsUpdated));
        Assert.Contains("nothing was zeroed", unknown.Reason, StringComparison.Ordinal);
        Assert.Equal(["7|wb:1|5", "8|wb:1|2", "9|wb:1|0"], await world.RowsAsync(Stocks));
    }

    [Fact]
    [Trait("Guarantee", "kept-aside")]
    public async Task An_unreadable_card_is_not_taken_off()
    {
        await using var world = await StartAsync(database);
        world.Now(Cards, CardPage(At, 2, Card(1), Card(2)), CardPage(At, 2, Card(1), """{"nmID":2,"title":{},"sizes":[]}"""), CardPage(At, 2, Card(1), "{}"))
            .Now(Trash, NoCards);
        await world.SyncAsync(SyncEntity.Cards);
        for (var day = 0; day < 2; day++)
        {
            world.Time.Advance(TimeSpan.FromHours(24));
            Assert.Equal((EntitySyncStatus.Ok, 1), await world.RunAsync(SyncEntity.Cards) is var r ? (r.Status, r.RowsRejected) : default);
        }

        Assert.Equal(["1|Футболка|-|True", "2|Футболка|-|True"], await world.RowsAsync(Products));
    }

    [Fact]
    [Trait("Guarantee", "absent-is-not-null")]
    public async Task A_card_in_the_trash_changes_nothing_but_its_activity()
    {
        await using var world = await StartAsync(database);
        world.Now(Cards, CardPage(At, 1, Card(1).Replace("\"sizes\"", "\"brand\":\"Норд\",\"sizes\"", StringComparison.Ordinal)), CardPage(At, 0))
            .Now(Trash, NoCards, """{"cards":[{"nmID":1,"vendorCode":"v1","trashedAt":"2026-11-21T00:00:00Z"}],"cursor":{"trashedAt":"2026-11-21T00:00:00Z","nmID":1,"total":1}}""");
        await world.SyncAsync(SyncEntity.Cards);
        await world.SyncAsync(SyncEntity.Cards);

        Assert.Equal(["1|Футболка|Норд|False"], await world.RowsAsync(Products));
        Assert.Equal(["1"], await world.RowsAsync("SELECT count(*) FROM wb_product_sizes WHERE cabinet_id = $1"));
        Assert.DoesNotContain("withPhoto", world.Stub.Requests.Last(request => request.Path == Trash).Body, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Guarantee", "absent-is-not-null")]
    public async Task A_field_that_an_answer_leaves_out_keeps_its_column()
    {
        await using var world = await StartAsync(database);
        world.Now(Orders, $"[{Order("a")}]", """[{"srid":"a","nmId":7,"date":"2026-11-19T10:00:00","lastChangeDate":"2026-11-21T10:00:00","isCancel":true,"cancelDate":"2026-11-21T10:00:00"}]""")
            .Now(Sales, $"[{Sale("S1")}]", """[{"saleID":"S1","srid":"srid-1","nmId":7,"date":"2026-11-19T10:00:00","lastChangeDate":"2026-11-21T10:00:00","forPay":900}]""")
            .Now(Feedbacks, Reviews(Review("r")), NoReviews, Reviews("""{"id":"r","createdDate":"2026-11-20T10:00:00+03:00","answer":{"state":"wbRu"}}"""), NoReviews).Now(Archive, NoReviews);
        foreach (var entity in (SyncEntity[])[SyncEntity.Orders, SyncEntity.Sales, SyncEntity.Reviews, SyncEntity.Orders, SyncEntity.Sales, SyncEntity.Reviews])
        {
            Assert.Equal(EntitySyncStatus.Ok, (await world.SyncAsync(entity)).Status);
        }

        Assert.Equal(["2400|M|Футболки|canceled"], await world.RowsAsync("SELECT total_price, size, subject, status FROM wb_orders WHERE cabinet_id = $1"));
        Assert.Equal(["2400|1231|900"], await world.RowsAsync("SELECT total_price, amount, for_pay FROM wb_sales WHERE cabinet_id = $1"));
        Assert.Equal(["хорошо|5|7|True"], await world.RowsAsync("SELECT text, rating, nm_id, is_answered FROM wb_reviews WHERE cabinet_id = $1"));
    }

    [Fact]
    [Trait("Guarantee", "one-entity")]
    public async Task Secondary_calls_that_fail_never_stop_the_primary_ones()
    {
        await using var world = await StartAsync(database, settings: new Dictionary<string, string?> { ["Marketplace:Retries"] = "0" });
        world.Now(WarehouseStocks, Stock((7, 70, 1, 5)), Stock((7, 70, 1, 4))).Now(Cards, CardPage(At, 1, Card(1)), CardPage(At, 1, Card(1, "Поло")))
            .Now(Feedbacks, Reviews(Review("a")), NoReviews, Reviews(Review("b")), NoReviews);
        world.Stub.Answer(SellerStocks, "{}", 404).Answer(Archive, "{}", 422).Answer(Trash, "{}", 500);

        for (var pass = 0; pass < 2; pass++)
        {
            foreach (var entity in (SyncEntity[])[SyncEntity.Stocks, SyncEntity.Cards, SyncEntity.Reviews])
            {
                var result = await world.SyncAsync(entity);
                Assert.Equal((EntitySyncStatus.Ok, true), (result.Status, result.HasChanges));
                Assert.Matches("404|422|500", result.Reason);
            }
        }

        Assert.Equal(2, world.Stub.Count(Archive));
        Assert.Equal(["7|wb:1|4"], await world.RowsAsync(Stocks));
        Assert.Equal(["1|Поло|-|True"], await world.RowsAsync(Products));
        Assert.Equal(["a", "b"], await world.RowsAsync("SELECT review_id FROM wb_reviews WHERE cabinet_id = $1 ORDER BY 1"));
    }

    [Theory]
    [InlineData(404, "{}", 1)]
    [InlineData(200, """{"data":{"id":"t1","status":"processing"}}""", 61)]
    public async Task A_report_task_that_never_comes_is_forgotten(int status, string answer, int minutes)
    {
        await using var world = await StartAsync(database, TokenKind.Basic);
        world.Now(Remains, """{"data":{"taskId":"t1"}}""", """{"data":{"taskId":"t2"}}""")
            .Now(Remains + "/tasks/t2/status", """{"data":{"id":"t2","status":"done"}}""")
            .Now(Remains + "/tasks/t2/download", """[{"nmId":8,"barcode":"b8","techSize":"L","warehouses":[{"warehouseName":"Склад","quantity":1},{"warehouseName":"В пути до получателей","quantity":2}]}]""");
        world.Stub.Answer(Remains + "/tasks/t1/status", answer, status);
        await world.RunAsync(SyncEntity.Stocks);
        world.Time.Advance(TimeSpan.FromMinutes(minutes));
        await world.RunAsync(SyncEntity.Stocks);

        for (var hour = 0; hour < 4 && world.Stub.Count(Remains + "/tasks/t2/download") == 0; hour++)
        {
            world.Time.Advance(TimeSpan.FromHours(1));
            await world.RunAsync(SyncEntity.Stocks);
        }

        Assert.Equal(["8|1|2"], await world.RowsAsync("SELECT nm_id, quantity, in_way_to_client FROM wb_stocks WHERE cabinet_id = $1"));
    }

    [Fact]
    [Trait("Guarantee", "synced")]
    public async Task Three_days_are_read_again_once_a_day()
    {
        await using var world = await StartAsync(database);
        world.Now(Sales, $"[{Sale("S1", changed: "2026-11-22T14:00:00", paid: 0)}]");
        await world.SyncAsync(SyncEntity.Sales);
        await world.SyncAsync(SyncEntity.Sales);
        Assert.Equal("?dateFrom=2026-11-22T12%3A00%3A00&flag=0", world.Stub.Requests.Last().Query);

        // Filled without a new change time, and an order of the day before that appears only now.
        world.Now(Sales, $"[{Sale("S1", changed: "2026-11-22T14:00:00", paid: 900)},{Sale("S0", changed: "2026-11-21T14:00:00")}]");
        world.Time.Advance(TimeSpan.FromHours(24));
        var result = await world.RunAsync(SyncEntity.Sales);

        Assert.Equal("?dateFrom=2026-11-20T15%3A30%3A00&flag=0", world.Stub.Requests.Last().Query);
        Assert.Equal((1, 1), (result.RowsInserted, result.RowsUpdated));
        await world.SyncAsync(SyncEntity.Sales);
        Assert.Equal("?dateFrom=2026-11-22T12%3A00%3A00&flag=0", world.Stub.Requests.Last().Query);
    }

    [Fact]
    [Trait("Guarantee", "synced")]
    public async Task After_days_without_a_sync_rows_filled_meanwhile_are_found()
    {
        await using var world = await StartAsync(database);
        world.Now(Sales, $"[{Sale("S1", changed: "2026-11-21T20:00:00", paid: 0)},{Sale("S2", changed: "2026-11-22T14:00:00")}]");
        await world.SyncAsync(SyncEntity.Sales);

        // The token was refused for five days; three days back from now nothing is said of a sale whose zeros were filled on the first of them.
        world.Now(Sales, $"[{Sale("S1", changed: "2026-11-21T20:00:00", paid: 900)},{Sale("S2", changed: "2026-11-22T14:00:00")}]");
        world.Time.Advance(TimeSpan.FromDays(5));

        Assert.Equal(1, (await world.SyncAsync(SyncEntity.Sales)).RowsUpdated);
        Assert.Equal("?dateFrom=2026-11-20T15%3A30%3A00&flag=0", world.Stub.Requests.Last().Query);
    }

    [Theory]
    [Trait("Guarantee", "synced")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("only the newest row")]
    public async Task A_reading_of_three_days_without_known_rows_is_repeated(string answer)
    {
        await using var world = await StartAsync(database);
        world.Now(Sales, $"[{Sale("S1", changed: "2026-11-21T20:00:00", paid: 0)},{Sale("S2", changed: "2026-11-22T14:00:00")}]");
        await world.SyncAsync(SyncEntity.Sales);
        world.Now(Sales, answer == "only the newest row" ? $"[{Sale("S2", changed: "2026-11-22T14:00:00")}]" : answer);
        world.Time.Advance(TimeSpan.FromHours(24));
        Assert.Equal(EntitySyncStatus.Ok, (await world.SyncAsync(SyncEntity.Sales)).Status);

        world.Now(Sales, $"[{Sale("S1", changed: "2026-11-21T20:00:00", paid: 900)},{Sale("S2", changed: "2026-11-22T14:00:00")}]");
        Assert.Equal(1, (await world.SyncAsync(SyncEntity.Sales)).RowsUpdated);
        Assert.Equal("?dateFrom=2026-11-20T15%3A30%3A00&flag=0", world.Stub.Requests.Last().Query);
        await world.SyncAsync(SyncEntity.Sales);
        Assert.Equal("?dateFrom=2026-11-22T12%3A00%3A00&flag=0", world.Stub.Requests.Last().Query);
    }

    [Fact]
    public async Task Rows_that_never_come_again_do_not_make_every_call_long()
    {
        await using var world = await StartAsync(database);
        world.Now(Sales, $"[{Sale("S1", changed: "2026-11-21T20:00:00")},{Sale("S2", changed: "2026-11-22T14:00:00")}]", $"[{Sale("S2", changed: "2026-11-22T14:00:00")}]");
        await world.SyncAsync(SyncEntity.Sales);
        world.Time.Advance(TimeSpan.FromHours(24));
        for (var i = 0; i < 6; i++)
        {
            await world.SyncAsync(SyncEntity.Sales);
        }

        Assert.Equal("?dateFrom=2026-11-22T12%3A00%3A00&flag=0", world.Stub.Requests.Last().Query);
        Assert.Equal(5, world.Stub.Requests.Count(request => request.Query.Contains("2026-11-20T15", StringComparison.Ordinal)));
    }

    [Fact]
    [Trait("Guarantee", "one-entity")]
    public async Task A_401_to_a_former_token_marks_nothing()
    {
        await using var world = await StartAsync(database);
        world.Stub.Answer(Orders, async context =>
        {
            await world.Services.GetRequiredService<CabinetStore>().ReplaceTokenAsync(world.Cabinet, TestTokens.Of(world.Seller), seller: null, ofOtherSeller: false, Ct);
            context.Response.StatusCode = 401;
            await context.Response.WriteAsync("{}");
        }).Answer(Orders, "[]");

        Assert.Equal(EntitySyncStatus.Rejected, (await world.RunAsync(SyncEntity.Orders)).Status);
        Assert.Equal(["-"], await world.RowsAsync("SELECT token_rejected_at FROM wb_cabinets WHERE id = $1"));
        Assert.Equal(EntitySyncStatus.Ok, (await world.RunAsync(SyncEntity.Orders)).Status);
    }

    [Fact]
    public async Task Two_reviews_of_one_buyer_are_one_opinion()
    {
        await using var world = await StartAsync(database);
        world.Now(Cards, CardPage(At, 1, Card(7))).Now(Trash, NoCards).Now(Archive, NoReviews)
            .Now(Feedbacks, Reviews(
                Review("first", 1).Replace("}", ",\"childFeedbackId\":\"second\"}", StringComparison.Ordinal).Replace("{\"nmId\":7,\"childFeedbackId\":\"second\"}", "{\"nmId\":7}", StringComparison.Ordinal),
                Review("second", 5, created: "2026-11-21T10:00:00+03:00"), Review("other", 4)), NoReviews);
        await world.SyncAsync(SyncEntity.Cards);
        await world.SyncAsync(SyncEntity.Reviews);

        Assert.Equal(["4.5|2"], await world.RowsAsync("SELECT rating, reviews_count FROM wb_products WHERE cabinet_id = $1"));
    }

    [Fact]
    public async Task A_rejected_answer_of_the_seller_is_none()
    {
        await using var world = await StartAsync(database);
        world.Now(Archive, NoReviews).Now(Feedbacks, Reviews(
            Review("a").Replace("\"answer\":null", "\"answer\":{\"state\":\"rejected\"}", StringComparison.Ordinal),
            Review("b").Replace("\"answer\":null", "\"answer\":{\"state\":\"reviewRequired\"}", StringComparison.Ordinal)), NoReviews);
        await world.SyncAsync(SyncEntity.Reviews);

        Assert.Equal(["a|False", "b|True"], await world.RowsAsync("SELECT review_id, is_answered FROM wb_reviews WHERE cabinet_id = $1 ORDER BY 1"));
    }
}
