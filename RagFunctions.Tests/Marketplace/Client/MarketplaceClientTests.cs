using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using RagFunctions.Core.Marketplace.Client;
using RagFunctions.Core.Marketplace.Prices;
using RagFunctions.Core.Marketplace.Products;
using RagFunctions.Core.Marketplace.Reviews;
using RagFunctions.Core.Marketplace.Statistics;
using RagFunctions.Core.Marketplace.Stocks;
using RagFunctions.Core.Marketplace.Tokens;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Marketplace.Client;

[Trait("Defect", "100")]
public sealed class MarketplaceClientTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>, IAsyncLifetime
{
    private const string Orders = "/api/v1/supplier/orders";
    private const string Sales = "/api/v1/supplier/sales";

    private const string Order = """
        {"date":"2026-11-03T09:14:27","lastChangeDate":"2026-11-03T12:40:05","warehouseName":"Склад WB РФ","warehouseType":"Склад WB",
        "regionName":"Самарская","supplierArticle":"TS-01-BLK","nmId":301122334,"barcode":"2041234567890","category":"Одежда","subject":"Футболки",
        "brand":"Норд","techSize":"M","incomeID":0,"totalPrice":2400,"discountPercent":35,"spp":18.5,"finishedPrice":1271.99,"priceWithDisc":1560,
        "isCancel":false,"cancelDate":"0001-01-01T00:00:00","gNumber":"70155512345678901234","srid":"SRID","somethingNew":{"a":[1]}}
        """;

    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Now);
    private readonly LogSink _logs = new();
    private readonly string _seller = Guid.NewGuid().ToString();
    private StubMarketplace _stub = null!;
    private ServiceProvider _services = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _stub = await StubMarketplace.StartAsync();
        _services = StubbedServices.Build(database, _stub.Url, _time, logs: _logs);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _stub.DisposeAsync();
    }

    [Fact]
    [Trait("Guarantee", "contract")]
    [Trait("Defect", "112")]
    public async Task An_order_arrives_with_exact_money_UTC_times_and_ignored_unknowns()
    {
        _stub.Answer(Orders, $"[{Order}]");

        var result = await OrdersAsync();

        Assert.Equal(CallStatus.Ok, result.Status);
        var order = Assert.Single(result.Value!);
        Assert.Equal("SRID", order.Srid);
        Assert.Equal("70155512345678901234", order.Basket);
        Assert.Equal(1271.99m, order.FinishedPrice);
        Assert.Equal(new DateTimeOffset(2026, 11, 3, 6, 14, 27, TimeSpan.Zero), order.Date);
        Assert.False(order.IsCancelled);
        Assert.Null(order.CancelledAt);
        var request = Assert.Single(_stub.Requests);
        Assert.Equal("?dateFrom=2026-11-22T14%3A00%3A00&flag=0", request.Query);
    }

    [Theory]
    [Trait("Guarantee", "contract")]
    [InlineData("srid")]
    [InlineData("nmId")]
    [InlineData("date")]
    [InlineData("lastChangeDate")]
    [InlineData("isCancel")]
    public async Task A_missing_required_field_is_an_error_that_names_it(string field)
    {
        _stub.Answer(Orders, $"[{Order},{Order.Replace($"\"{field}\"", "\"renamed\"", StringComparison.Ordinal)}]");

        var result = await OrdersAsync();

        Assert.Equal(CallStatus.Failed, result.Status);
        Assert.Contains($"orders[1].{field} is missing", result.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unreadable_date_is_an_error_that_names_its_field()
    {
        _stub.Answer(Orders, $"[{Order.Replace("2026-11-03T12:40:05", "soon", StringComparison.Ordinal)}]");

        Assert.Contains("orders[0].lastChangeDate is unreadable", (await OrdersAsync()).Reason, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Guarantee", "contract")]
    public async Task Zero_bytes_and_halves_of_characters_do_not_reach_the_database()
    {
        _stub.Answer(Orders, $"[{Order.Replace("Норд", "Но\\u0000рд", StringComparison.Ordinal).Replace("Футболки", "Фут\\ud83d\\n болки \\ud83d\\ude00", StringComparison.Ordinal)}]");

        var order = Assert.Single((await OrdersAsync()).Value!);

        Assert.Equal("Норд", order.Brand);
        Assert.Equal("Фут\ufffd\n болки \ud83d\ude00", order.Subject);
    }

    [Theory]
    [Trait("Defect", "77")]
    [InlineData("S20011223344", false)]
    [InlineData("R20011223344", true)]
    public async Task The_first_letter_of_the_sale_id_tells_sale_from_return(string id, bool isReturn)
    {
        _stub.Answer(Sales, $"[{Order.Replace("\"srid\"", $"\"saleID\":\"{id}\",\"forPay\":1187.6,\"srid\"", StringComparison.Ordinal)}]");

        var sale = Assert.Single((await Statistics.SalesAsync(Access(), Now, Ct)).Value!);

        Assert.Equal((id, "SRID", isReturn, 1187.6m), (sale.SaleId, sale.Srid, sale.IsReturn, sale.ForPay));
    }

    [Fact]
    [Trait("Defect", "97")]
    public async Task A_refusal_by_limit_holds_back_calls_until_its_time()
    {
        _stub.Answer(Sales, "{}", 429, ("X-Ratelimit-Retry", "75"));

        var refused = await Statistics.SalesAsync(Access(), Now, Ct);
        var again = await Statistics.SalesAsync(Access(), Now, Ct);

        Assert.Equal((CallStatus.Wait, Now.AddSeconds(75)), (refused.Status, refused.WaitUntil!.Value));
        Assert.Equal((CallStatus.Wait, Now.AddSeconds(75)), (again.Status, again.WaitUntil!.Value));
        Assert.Equal(1, _stub.Count(Sales));
    }

    [Theory]
    [Trait("Guarantee", "contract")]
    [Trait("Defect", "93")]
    [Trait("Defect", "95")]
    [InlineData(400, CallStatus.Failed)]
    [InlineData(401, CallStatus.TokenRejected)]
    [InlineData(402, CallStatus.Forbidden)]
    [InlineData(403, CallStatus.Forbidden)]
    [InlineData(404, CallStatus.Failed)]
    [InlineData(413, CallStatus.Failed)]
    [InlineData(414, CallStatus.Failed)]
    [InlineData(301, CallStatus.Failed)]
    public async Task A_permanent_answer_is_not_asked_for_again(int status, CallStatus expected)
    {
        _stub.Answer(Orders, """{"title":"no","detail":"really no","errors":["one","two"]}""", status, ("Location", "http://127.0.0.1:1/"));

        var result = await OrdersAsync();

        Assert.Equal(expected, result.Status);
        Assert.Contains("no; really no; one; two", result.Reason, StringComparison.Ordinal);
        Assert.Equal(1, _stub.Count(Orders));
    }

    [Fact]
    [Trait("Defect", "95")]
    public async Task A_5xx_is_repeated_and_each_repetition_is_paid_for()
    {
        _stub.Answer(Orders, "{}", 502).Answer(Orders, "{}", 500).Answer(Orders, "[]");
        Assert.Equal(CallStatus.Ok, (await OrdersAsync()).Status);
        Assert.Equal(3, _stub.Count(Orders));

        // Sales allow one call a minute: the repetition has to wait for it.
        _stub.Answer(Sales, "{}", 500).Answer(Sales, "[]");
        var sales = await Statistics.SalesAsync(Access(), Now, Ct);
        Assert.Equal((CallStatus.Wait, Now.AddMinutes(1)), (sales.Status, sales.WaitUntil!.Value));
        Assert.Equal(1, _stub.Count(Sales));
    }

    [Fact]
    public async Task After_the_last_repetition_the_marketplace_counts_as_unavailable()
    {
        _stub.Answer(Orders, "{}", 503);

        Assert.Equal(CallStatus.Unavailable, (await OrdersAsync()).Status);
        Assert.Equal(3, _stub.Count(Orders));
    }

    [Fact]
    [Trait("Defect", "100")]
    public async Task A_connection_cut_in_an_answer_is_unavailable_not_empty()
    {
        _stub.Answer(Orders, async context =>
        {
            await context.Response.WriteAsync("[" + Order);
            await context.Response.Body.FlushAsync();
            context.Abort();
        });

        Assert.Equal(CallStatus.Unavailable, (await OrdersAsync()).Status);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("null")]
    [InlineData("{\"data\":1}")]
    public async Task An_answer_that_is_not_the_promised_JSON_is_a_failure(string body)
    {
        _stub.Answer(Orders, body);

        Assert.Equal(CallStatus.Failed, (await OrdersAsync()).Status);
    }

    [Theory]
    [Trait("Guarantee", "contract")]
    [Trait("Defect", "100")]
    [InlineData(Orders, "[null]", "orders[0]")]
    [InlineData(Sales, "[null]", "sales[0]")]
    [InlineData("/api/analytics/v1/stocks-report/wb-warehouses", """{"data":{"items":[null]}}""", "data.items[0]")]
    [InlineData("/api/analytics/v1/stocks-report/wb-warehouses", """{"data":{}}""", "data.items")]
    [InlineData("/api/v1/warehouse_remains/tasks/t/download", "[null]", "remains[0]")]
    [InlineData("/api/v1/warehouse_remains/tasks/t/download", """[{"nmId":1,"warehouses":[null]}]""", "remains[0].warehouses[].warehouseName")]
    [InlineData("/content/v2/get/cards/list", """{"cards":[null],"cursor":{"total":1}}""", "cards[0]")]
    [InlineData("/content/v2/get/cards/list", """{"cards":[],"cursor":{"total":1,"nmID":9,"updatedAt":"2026-10-30T07:08:09Z"}}""", "cards")]
    [InlineData("/content/v2/get/cards/list", """{"cards":[{"nmID":1}],"cursor":{}}""", "cursor.total")]
    [InlineData("/api/v2/list/goods/filter", """{"data":{"listGoods":[null]}}""", "data.listGoods[0]")]
    [InlineData("/api/v2/list/goods/filter", """{"data":{"listGoods":[{"sizes":[null]}]}}""", "data.listGoods[0].nmID")]
    [InlineData("/api/v1/feedbacks", """{"data":{"feedbacks":[null]}}""", "data.feedbacks[0]")]
    [InlineData("/api/v1/feedbacks", """{"data":{"feedbacks":[{"id":"a"}]}}""", "data.feedbacks[0].createdDate")]
    public async Task What_breaks_the_contract_is_named_with_its_place(string path, string answer, string place)
    {
        _stub.Answer(path, answer);

        var (status, reason) = await AskAsync(path);

        Assert.Equal(CallStatus.Failed, status);
        Assert.Contains($"breaks its contract: {place} ", reason, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Defect", "93")]
    [Trait("Defect", "113")]
    public async Task What_the_token_itself_rules_out_costs_no_call()
    {
        var expired = await Statistics.OrdersAsync(Access(TestTokens.Of(_seller, expires: Now.AddMinutes(-1))), Now, Ct);
        var category = await Statistics.OrdersAsync(Access(TestTokens.Of(_seller, categories: TokenCategories.Content)), Now, Ct);
        var kind = await _services.GetRequiredService<StockClient>().WarehousesAsync(Access(TestTokens.Of(_seller, TokenKind.Basic)), 0, Ct);

        Assert.Equal(CallStatus.TokenRejected, expired.Status);
        Assert.Equal((CallStatus.Forbidden, TokenCategories.Statistics), (category.Status, category.Missing));
        Assert.Equal(CallStatus.Forbidden, kind.Status);
        Assert.Empty(_stub.Requests);
    }

    [Fact]
    [Trait("Guarantee", "secrets")]
    [Trait("Defect", "57")]
    public async Task The_token_travels_in_its_header_and_appears_nowhere_else()
    {
        var token = TestTokens.Of(_seller);
        _stub.Answer(Orders, $$"""{"title":"bad {{token}}"}""", 401);

        var result = await Statistics.OrdersAsync(Access(token), Now, Ct);

        Assert.Equal(token, Assert.Single(_stub.Requests).Authorization);
        Assert.DoesNotContain(token, result.Reason, StringComparison.Ordinal);
        Assert.NotEmpty(_logs.Lines);
        Assert.DoesNotContain(_logs.Lines, line => line.Contains(token, StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_content_is_an_empty_stock_page()
    {
        const string Path = "/api/analytics/v1/stocks-report/wb-warehouses";
        _stub.Answer(Path, """{"data":{"items":[{"nmId":1,"chrtId":18446744073709551615,"warehouseId":-999999,"warehouseName":"Склад WB","regionName":"Склад WB","quantity":37,"inWayToClient":4,"inWayFromClient":1}]}}""")
            .Answer(Path, "", (int)HttpStatusCode.NoContent);
        var stocks = _services.GetRequiredService<StockClient>();

        var page = await stocks.WarehousesAsync(Access(), 0, Ct);
        _time.Advance(TimeSpan.FromSeconds(20));
        var empty = await stocks.WarehousesAsync(Access(), 0, Ct);

        Assert.Equal(new StockLine(1, ulong.MaxValue, null, null, -999999, "Склад WB", 37, 4, 1), Assert.Single(page.Value!));
        Assert.Equal("""{"limit":250000,"offset":0}""", _stub.Requests.First().Body);
        Assert.Empty(empty.Value!);
    }

    [Fact]
    public async Task The_task_report_keeps_warehouses_and_leaves_sums_out()
    {
        const string Path = "/api/v1/warehouse_remains";
        _stub.Answer(Path, """{"data":{"taskId":"t-1"}}""")
            .Answer(Path + "/tasks/t-1/status", """{"data":{"id":"t-1","status":"done"}}""")
            .Answer(Path + "/tasks/t-1/download", """[{"nmId":1,"barcode":"b","techSize":"M","warehouses":[{"warehouseName":"Всего находится на складах","quantity":37},{"warehouseName":"В пути до получателей","quantity":4},{"warehouseName":"Склад WB РФ","quantity":37}]}]""");
        var stocks = _services.GetRequiredService<StockClient>();
        var access = Access(TestTokens.Of(_seller, TokenKind.Basic));

        var task = (await stocks.CreateRemainsAsync(access, Ct)).Value!;
        var state = (await stocks.RemainsStateAsync(access, task.Id, Ct)).Value!;
        var lines = (await stocks.DownloadRemainsAsync(access, task.Id, Ct)).Value!;

        Assert.Equal((RemainsProgress.Working, RemainsProgress.Done), (task.Progress, state.Progress));
        Assert.Equal(new StockLine(1, null, "b", "M", null, "Склад WB РФ", 37, 0, 0), Assert.Single(lines));
    }

    [Fact]
    [Trait("Defect", "83")]
    public async Task Cards_come_with_and_without_photo_and_return_their_cursor()
    {
        const string Path = "/content/v2/get/cards/list";
        _stub.Answer(Path, """{"cards":[{"nmID":7,"subjectName":"Футболки","vendorCode":"v","brand":"b","title":"t","photos":[{"big":"big.webp","c516x688":"m.webp"}],"sizes":[{"chrtID":9,"techSize":"M","wbSize":"48","skus":["1","2"]}],"updatedAt":"2026-10-30T07:08:09.654321Z"}],"cursor":{"updatedAt":"2026-10-30T07:08:09.654321987Z","nmID":7,"total":1}}""");
        var content = _services.GetRequiredService<ContentClient>();

        var page = (await content.CardsAsync(Access(), new CardCursor(null, null), Ct)).Value!;
        await content.CardsAsync(Access(), page.Next, Ct);

        var card = Assert.Single(page.Cards);
        Assert.Equal((7L, "t", "m.webp", true), (card.NmId, card.Title, card.ImageUrl, page.IsLast));
        Assert.Equal(["1", "2"], Assert.Single(card.Sizes).Barcodes);
        var bodies = _stub.Requests.Select(request => request.Body).ToArray();
        Assert.Equal("""{"settings":{"cursor":{"limit":100},"filter":{"withPhoto":-1},"sort":{"ascending":true}}}""", bodies[0]);
        Assert.Contains("\"updatedAt\":\"2026-10-30T07:08:09.654321987Z\"", bodies[1], StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Defect", "86")]
    public async Task The_price_of_an_article_is_that_of_its_cheapest_size()
    {
        _stub.Answer("/api/v2/list/goods/filter", """{"data":{"listGoods":[{"nmID":7,"sizes":[{"sizeID":1,"price":2600,"discountedPrice":1690},{"sizeID":2,"price":2400,"discountedPrice":1560.5}]}]},"error":false,"errorText":""}""");

        var prices = await _services.GetRequiredService<PriceClient>().PricesAsync(Access(), 0, Ct);

        Assert.Equal(new PriceAnswer(7, 2400m, 1560.5m), Assert.Single(prices.Value!));
    }

    [Fact]
    public async Task An_answer_that_calls_itself_an_error_is_a_failure()
    {
        _stub.Answer("/api/v2/list/goods/filter", """{"data":null,"error":true,"errorText":"broken"}""");

        var prices = await _services.GetRequiredService<PriceClient>().PricesAsync(Access(), 0, Ct);

        Assert.Equal(CallStatus.Failed, prices.Status);
        Assert.Contains("broken", prices.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_review_is_answered_when_it_has_an_answer()
    {
        _stub.Answer("/api/v1/feedbacks", """{"data":{"feedbacks":[{"id":"a","createdDate":"2026-11-10T21:45:03+03:00","answer":null,"productValuation":4,"productDetails":{"nmId":7},"bables":["размер"]},{"id":"b","createdDate":"2026-11-10T18:45:03Z","answer":{"text":"спасибо"}}]},"error":false}""");

        var reviews = (await _services.GetRequiredService<FeedbackClient>().ReviewsAsync(Access(), answered: false, Now.AddDays(-1), 10, Ct)).Value!;

        Assert.Equal([false, true], reviews.Select(review => review.IsAnswered));
        Assert.Equal(reviews[0].CreatedAt, reviews[1].CreatedAt);
        Assert.Equal((7L, 4), (reviews[0].NmId!.Value, reviews[0].Rating!.Value));
        Assert.Equal($"?isAnswered=false&take=5000&skip=10&order=dateAsc&dateFrom={Now.AddDays(-1).ToUnixTimeSeconds()}", Assert.Single(_stub.Requests).Query);
    }

    [Fact]
    public async Task The_seller_is_known_by_name_and_id()
    {
        _stub.Answer("/api/v1/seller-info", """{"name":"ИП Пример","sid":"7c9e6679-7425-40de-944b-e07fc1f90ae7","tin":"0","tradeMark":"Норд"}""");

        var seller = await _services.GetRequiredService<SellerClient>().InfoAsync(Access(), Ct);

        Assert.Equal(new SellerInfo("7c9e6679-7425-40de-944b-e07fc1f90ae7", "ИП Пример", "Норд"), seller.Value);
    }

    private async Task<(CallStatus Status, string? Reason)> AskAsync(string path) => path switch
    {
        Orders => Ending(await OrdersAsync()),
        Sales => Ending(await Statistics.SalesAsync(Access(), Now, Ct)),
        "/content/v2/get/cards/list" => Ending(await _services.GetRequiredService<ContentClient>().CardsAsync(Access(), new CardCursor(null, null), Ct)),
        "/api/v2/list/goods/filter" => Ending(await _services.GetRequiredService<PriceClient>().PricesAsync(Access(), 0, Ct)),
        "/api/v1/feedbacks" => Ending(await _services.GetRequiredService<FeedbackClient>().ReviewsAsync(Access(), true, Now, 0, Ct)),
        "/api/v1/warehouse_remains/tasks/t/download" => Ending(await _services.GetRequiredService<StockClient>().DownloadRemainsAsync(Access(), "t", Ct)),
        _ => Ending(await _services.GetRequiredService<StockClient>().WarehousesAsync(Access(), 0, Ct)),
    };

    private static (CallStatus Status, string? Reason) Ending<T>(CallResult<T> result)
        where T : class => (result.Status, result.Reason);

    private StatisticsClient Statistics => _services.GetRequiredService<StatisticsClient>();

    private MarketplaceAccess Access(string? token = null) => new(1, token ?? TestTokens.Of(_seller));

    private Task<CallResult<IReadOnlyList<OrderAnswer>>> OrdersAsync() =>
        Statistics.OrdersAsync(Access(), new DateTimeOffset(2026, 11, 22, 11, 0, 0, TimeSpan.Zero), Ct);
}
