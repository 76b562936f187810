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
        var order = Assert.Single(result.Value!.Rows);
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
    public async Task A_row_without_a_required_field_is_kept_aside_and_named(string field)
    {
        _stub.Answer(Orders, $"[{Order},{Order.Replace($"\"{field}\"", "\"renamed\"", StringComparison.Ordinal)}]");

        var page = (await OrdersAsync()).Value!;

        Assert.Single(page.Rows);
        var reject = Assert.Single(page.Rejects);
        Assert.Equal($"{field} is missing", reject.Reason);
        Assert.Equal(field == "nmId" ? null : 301122334L, reject.Article);
        Assert.Contains("renamed", reject.Json, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Guarantee", "contract")]
    public async Task Mostly_unreadable_rows_are_a_changed_contract()
    {
        var bad = Order.Replace("\"srid\"", "\"renamed\"", StringComparison.Ordinal);
        _stub.Answer(Orders, $"[{string.Join(',', Enumerable.Repeat(bad, 10).Concat(Enumerable.Repeat(Order, 9)))}]");

        var result = await OrdersAsync();

        Assert.Equal(CallStatus.Failed, result.Status);
        Assert.Contains("orders has 10 unreadable rows of 19, the first one because srid is missing", result.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-11-03T12:40:05", "soon", "lastChangeDate is unreadable")]
    [InlineData("2026-11-03T12:40:05", "2026-13-45T00:00:00", "lastChangeDate is unreadable")]
    [InlineData("\"SRID\"", "\"SRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDSRIDS\"", "srid has 205 characters")]
    [InlineData("\"isCancel\":false", "\"isCancel\":\"no\"", "isCancel is of another type than promised")]
    [InlineData("\"totalPrice\":2400", "\"totalPrice\":{}", "totalPrice is of another type than promised")]
    public async Task An_unreadable_field_spoils_its_own_row_only(string good, string bad, string reason)
    {
        _stub.Answer(Orders, $"[{Order},{Order.Replace(good, bad, StringComparison.Ordinal)},{Order}]");

        var page = (await OrdersAsync()).Value!;

        Assert.Equal(2, page.Rows.Count);
        Assert.StartsWith(reason, Assert.Single(page.Rejects).Reason, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Guarantee", "contract")]
    public async Task Zero_bytes_and_halves_of_characters_do_not_reach_the_database()
    {
        _stub.Answer(Orders, $"[{Order.Replace("Норд", "Но\\u0000рд", StringComparison.Ordinal).Replace("Футболки", "Фут\\ud83d\\n болки \\ud83d\\ude00", StringComparison.Ordinal)}]");

        var order = Assert.Single((await OrdersAsync()).Value!.Rows);

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

        var sale = Assert.Single((await Statistics.SalesAsync(Access(), Now, Ct)).Value!.Rows);

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
    [InlineData("{\"data\":1}")]
    public async Task An_answer_that_is_not_the_promised_JSON_is_a_failure(string body)
    {
        _stub.Answer(Orders, body);

        Assert.Equal(CallStatus.Failed, (await OrdersAsync()).Status);
    }

    [Theory]
    [Trait("Guarantee", "contract")]
    [Trait("Defect", "100")]
    [InlineData("/api/analytics/v1/stocks-report/wb-warehouses", """{"data":{}}""", "at $.data")]
    [InlineData("/api/analytics/v1/stocks-report/wb-warehouses", "{}", "at $")]
    [InlineData("/content/v2/get/cards/list", """{"cards":[],"cursor":{"total":1,"nmID":9,"updatedAt":"2026-10-30T07:08:09Z"}}""", "cards is empty")]
    [InlineData("/content/v2/get/cards/list", """{"cards":[{"nmID":1}],"cursor":{}}""", "cursor.total is missing")]
    [InlineData("/api/v2/list/goods/filter", """{"data":{"goods":[]}}""", "at $.data")]
    [InlineData("/api/v1/feedbacks", """{"data":{"reviews":[]}}""", "at $.data")]
    public async Task What_breaks_the_contract_is_named_with_its_place(string path, string answer, string place)
    {
        _stub.Answer(path, answer);

        var (status, reason) = await AskAsync(path);

        Assert.Equal(CallStatus.Failed, status);
        Assert.Contains(place, reason, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Guarantee", "contract")]
    [InlineData(Orders, "null")]
    [InlineData(Sales, "null")]
    [InlineData("/api/analytics/v1/stocks-report/wb-warehouses", """{"data":{"items":null}}""")]
    [InlineData("/api/analytics/v1/stocks-report/wb-warehouses", """{"data":null}""")]
    [InlineData("/api/analytics/v1/stocks-report/wb-warehouses", "null")]
    [InlineData("/api/v1/warehouse_remains/tasks/t/download", "null")]
    [InlineData("/content/v2/get/cards/list", """{"cards":null,"cursor":{"total":0}}""")]
    [InlineData("/api/v2/list/goods/filter", """{"data":{"listGoods":null}}""")]
    [InlineData("/api/v1/feedbacks", """{"data":{"feedbacks":null},"error":false}""")]
    public async Task A_null_list_is_an_empty_one(string path, string answer)
    {
        _stub.Answer(path, answer);

        Assert.Equal(CallStatus.Ok, (await AskAsync(path)).Status);
    }

    [Theory]
    [Trait("Guarantee", "contract")]
    [InlineData(Orders, "[null]")]
    [InlineData(Sales, "[null]")]
    [InlineData("/api/analytics/v1/stocks-report/wb-warehouses", """{"data":{"items":[null,{"nmId":1}]}}""")]
    [InlineData("/api/v1/warehouse_remains/tasks/t/download", """[null,{"nmId":1,"warehouses":[null]}]""")]
    [InlineData("/content/v2/get/cards/list", """{"cards":[null],"cursor":{"total":1}}""")]
    [InlineData("/api/v2/list/goods/filter", """{"data":{"listGoods":[null,{"sizes":[null]}]}}""")]
    [InlineData("/api/v1/feedbacks", """{"data":{"feedbacks":[null,{"id":"a"}]}}""")]
    public async Task A_bad_row_never_spoils_its_answer(string path, string answer)
    {
        _stub.Answer(path, answer);

        Assert.Equal(CallStatus.Ok, (await AskAsync(path)).Status);
    }

    [Fact]
    [Trait("Guarantee", "one-entity")]
    public async Task A_scope_refusal_closes_a_category_and_not_the_token()
    {
        _stub.Answer(Orders, """{"title":"unauthorized","detail":"token scope not allowed","status":401}""", 401);

        Assert.Equal((CallStatus.Forbidden, TokenCategories.Statistics), ((await OrdersAsync()).Status, (await OrdersAsync()).Missing));
    }

    [Fact]
    public async Task A_plain_text_refusal_is_told_and_a_page_is_not()
    {
        _stub.Answer(Orders, "Request body can not be decoded\u001b[31m", 400);
        _stub.Answer(Sales, "<html>sorry</html>", 400);

        Assert.EndsWith("400 Request body can not be decoded [31m", (await OrdersAsync()).Reason, StringComparison.Ordinal);
        Assert.EndsWith(": 400", (await Statistics.SalesAsync(Access(), Now, Ct)).Reason, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Guarantee", "secrets")]
    public async Task A_services_secret_and_name_go_with_every_call()
    {
        const string Secret = "s3cr3t-of-a-service";
        await using var services = StubbedServices.Build(database, _stub.Url, _time, new Dictionary<string, string?> { ["Marketplace:ClientSecret"] = Secret }, _logs);
        _stub.Answer(Orders, $$"""{"title":"no {{Secret}}"}""", 403);
        (string Secret, string Agent) sent = default;
        _stub.Answer(Sales, context =>
        {
            sent = (context.Request.Headers["X-Client-Secret"].ToString(), context.Request.Headers.UserAgent.ToString());
            return context.Response.WriteAsync("[]");
        });
        var basic = new MarketplaceAccess(1, TestTokens.Of(_seller, TokenKind.Basic), hasClientSecret: true);
        var client = services.GetRequiredService<StatisticsClient>();

        var refused = await client.OrdersAsync(basic, Now, Ct);
        await client.SalesAsync(basic, Now, Ct);

        Assert.Equal((Secret, "rag-functions"), sent);
        Assert.DoesNotContain(Secret, refused.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(_logs.Lines, line => line.Contains(Secret, StringComparison.Ordinal));
        // With the secret a basic token has the limits of others: a minute, not two hours.
        Assert.Equal(Now.AddMinutes(1), (await client.SalesAsync(basic, Now, Ct)).WaitUntil!.Value);
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

        Assert.Equal(new StockLine(1, ulong.MaxValue, null, null, -999999, "Склад WB", 37, 4, 1), Assert.Single(page.Value!.Rows));
        Assert.Equal("""{"limit":250000,"offset":0}""", _stub.Requests.First().Body);
        Assert.Empty(empty.Value!.Rows);
    }

    [Fact]
    public async Task The_task_report_keeps_warehouses_and_goods_on_the_road()
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
        Assert.Equal(new StockLine(1, null, "b", "M", null, "Склад WB РФ", 37, 4, 0), Assert.Single(lines.Rows));
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

        var card = Assert.Single(page.Cards.Rows);
        Assert.Equal((7L, "t", "m.webp", true), (card.NmId, card.Title, card.ImageUrl, page.IsLast));
        Assert.Equal(["1", "2"], Assert.Single(card.Sizes!).Barcodes);
        var bodies = _stub.Requests.Select(request => request.Body).ToArray();
        Assert.Equal("""{"settings":{"cursor":{"limit":100},"filter":{"withPhoto":-1},"sort":{"ascending":true}}}""", bodies[0]);
        Assert.Contains("\"updatedAt\":\"2026-10-30T07:08:09.654321987Z\"", bodies[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_trash_is_asked_for_without_a_filter()
    {
        _stub.Answer("/content/v2/get/cards/trash", """{"cards":[],"cursor":{"total":0}}""");
        await _services.GetRequiredService<ContentClient>().TrashAsync(Access(), new CardCursor(null, null), Ct);
        Assert.DoesNotContain("filter", Assert.Single(_stub.Requests).Body, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Defect", "86")]
    public async Task The_price_of_an_article_is_that_of_its_cheapest_size()
    {
        _stub.Answer("/api/v2/list/goods/filter", """{"data":{"listGoods":[{"nmID":7,"sizes":[{"sizeID":1,"price":2600,"discountedPrice":1690},{"sizeID":2,"price":2400,"discountedPrice":1560.5}]}]},"error":false,"errorText":""}""");

        var prices = await _services.GetRequiredService<PriceClient>().PricesAsync(Access(), 0, Ct);

        Assert.Equal(new PriceAnswer(7, 2400m, 1560.5m), Assert.Single(prices.Value!.Rows));
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

        var reviews = (await _services.GetRequiredService<FeedbackClient>().ReviewsAsync(Access(), answered: false, Now.AddDays(-1), 10, Ct)).Value!.Rows;

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

    private Task<CallResult<AnswerPage<OrderAnswer>>> OrdersAsync() =>
        Statistics.OrdersAsync(Access(), new DateTimeOffset(2026, 11, 22, 11, 0, 0, TimeSpan.Zero), Ct);
}
