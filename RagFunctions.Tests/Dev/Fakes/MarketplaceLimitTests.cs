using System.Globalization;
using System.Net;
using RagFunctions.Dev.Fakes.Marketplace;
using RagFunctions.Dev.Fakes.Marketplace.Tokens;

namespace RagFunctions.Tests.Dev.Fakes;

/// <summary>The limits of the marketplace's tables, call by call.</summary>
public sealed class MarketplaceLimitTests
{
    private const string Stocks = "/api/analytics/v1/stocks-report";

    /// <summary>Host, path, body (empty = GET), token type, burst, seconds per call.</summary>
    public static TheoryData<MarketplaceHost, string, string, TokenType, int, double> Limits => new()
    {
        { MarketplaceHost.Statistics, "/api/v1/supplier/orders?dateFrom=2026-11-22", "", TokenType.Personal, 10, 60 },
        { MarketplaceHost.Statistics, "/api/v1/supplier/orders?dateFrom=2026-11-22", "", TokenType.Service, 10, 60 },
        { MarketplaceHost.Statistics, "/api/v1/supplier/orders?dateFrom=2026-11-22", "", TokenType.Basic, 1, 3 * 3_600 },
        { MarketplaceHost.Statistics, "/api/v1/supplier/sales?dateFrom=2026-11-22", "", TokenType.Personal, 1, 60 },
        { MarketplaceHost.Statistics, "/api/v1/supplier/sales?dateFrom=2026-11-22", "", TokenType.Basic, 1, 2 * 3_600 },
        { MarketplaceHost.Analytics, $"{Stocks}/wb-warehouses", "{}", TokenType.Personal, 1, 20 },
        { MarketplaceHost.Analytics, $"{Stocks}/seller-warehouses", "{}", TokenType.Personal, 1, 20 },
        { MarketplaceHost.Analytics, "/api/v1/warehouse_remains", "", TokenType.Personal, 5, 60 },
        { MarketplaceHost.Analytics, "/api/v1/warehouse_remains", "", TokenType.Basic, 1, 900 },
        { MarketplaceHost.Analytics, "/api/v1/warehouse_remains/tasks/x/status", "", TokenType.Personal, 5, 5 },
        { MarketplaceHost.Analytics, "/api/v1/warehouse_remains/tasks/x/status", "", TokenType.Basic, 1, 900 },
        { MarketplaceHost.Analytics, "/api/v1/warehouse_remains/tasks/x/download", "", TokenType.Personal, 1, 60 },
        { MarketplaceHost.Analytics, "/api/v1/warehouse_remains/tasks/x/download", "", TokenType.Basic, 1, 900 },
        { MarketplaceHost.Content, "/content/v2/get/cards/list", "{}", TokenType.Personal, 5, 0.6 },
        { MarketplaceHost.Content, "/content/v2/get/cards/trash", "{}", TokenType.Basic, 5, 0.6 },
        { MarketplaceHost.Prices, "/api/v2/list/goods/filter?limit=10", "", TokenType.Personal, 5, 0.6 },
        { MarketplaceHost.Prices, "/api/v2/list/goods/filter?limit=10", "", TokenType.Basic, 1, 900 },
        { MarketplaceHost.Feedbacks, "/api/v1/feedbacks?isAnswered=false&take=1&skip=0", "", TokenType.Personal, 6, 0.333 },
        { MarketplaceHost.Feedbacks, "/api/v1/feedbacks/archive?take=1&skip=0", "", TokenType.Basic, 1, 720 },
        { MarketplaceHost.Returns, "/api/v1/claims?is_archive=false", "", TokenType.Personal, 10, 3 },
        { MarketplaceHost.Returns, "/api/v1/claims?is_archive=false", "", TokenType.Basic, 1, 3_600 },
        { MarketplaceHost.Common, "/api/v1/seller-info", "", TokenType.Personal, 10, 60 },
        { MarketplaceHost.Common, "/api/v1/seller-info", "", TokenType.Basic, 1, 24 * 3_600 },
        { MarketplaceHost.Marketplace, "/api/v3/warehouses", "", TokenType.Personal, 20, 0.2 },
        { MarketplaceHost.Common, "/ping", "", TokenType.Personal, 3, 10 },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public async Task A_bucket_holds_its_burst_and_gives_one_call_per_interval(
        MarketplaceHost host, string path, string body, TokenType type, int burst, double seconds)
    {
        await using var scene = await MarketplaceScene.StartAsync();
        scene.Token = scene.TokenOf(type);
        var interval = TimeSpan.FromSeconds(seconds);

        for (var i = 1; i <= burst; i++)
        {
            using var allowed = await SendAsync();
            Assert.NotEqual(HttpStatusCode.TooManyRequests, allowed.StatusCode);
            Assert.Equal(burst, Header(allowed, "X-Ratelimit-Limit"));
            Assert.Equal(burst - i, Header(allowed, "X-Ratelimit-Remaining"));
        }

        scene.Time.Advance(interval - TimeSpan.FromMilliseconds(1));
        using var early = await SendAsync();
        Assert.Equal(HttpStatusCode.TooManyRequests, early.StatusCode);
        Assert.Equal(0, Header(early, "X-Ratelimit-Remaining"));
        Assert.Equal(1, Header(early, "X-Ratelimit-Retry"));
        Assert.Equal((int)Math.Ceiling((seconds * (burst - 1)) + 0.001), Header(early, "X-Ratelimit-Reset"));

        scene.Time.Advance(TimeSpan.FromMilliseconds(1));
        using var due = await SendAsync();
        Assert.NotEqual(HttpStatusCode.TooManyRequests, due.StatusCode);
        using var again = await SendAsync();
        Assert.Equal(HttpStatusCode.TooManyRequests, again.StatusCode);
        Assert.Equal(2, scene.Server.ExceededLimits.Count);

        Task<HttpResponseMessage> SendAsync() => scene.SendAsync(host, path, body.Length == 0 ? null : body);
    }

    [Fact]
    public async Task An_idle_bucket_holds_no_more_than_its_burst()
    {
        await using var scene = await MarketplaceScene.StartAsync();
        using var first = await scene.SendAsync(MarketplaceHost.Common, "/ping");
        scene.Time.Advance(TimeSpan.FromDays(1));

        using var second = await scene.SendAsync(MarketplaceHost.Common, "/ping");

        Assert.Equal(2, Header(second, "X-Ratelimit-Remaining"));
    }

    [Fact]
    public async Task Sellers_token_types_and_methods_have_buckets_of_their_own()
    {
        await using var scene = await MarketplaceScene.StartAsync();
        var neighbour = new RagFunctions.Dev.Fakes.Marketplace.Shops.Shop(new() { Seed = 2, HistoryDays = 1, Products = 1 });
        scene.Server.Add(neighbour);
        const string Sales = "/api/v1/supplier/sales?dateFrom=2026-11-22";
        using var first = await scene.SendAsync(MarketplaceHost.Statistics, Sales);
        using var second = await scene.SendAsync(MarketplaceHost.Statistics, Sales);
        Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);

        using var otherType = await scene.SendAsync(MarketplaceHost.Statistics, Sales, token: scene.TokenOf(TokenType.Service));
        using var otherSeller = await scene.SendAsync(
            MarketplaceHost.Statistics,
            Sales,
            token: MarketplaceTokens.Create(neighbour.SellerId, TokenType.Personal, TokenScopes.Statistics, scene.Time.GetUtcNow().AddDays(1)));
        using var otherMethod = await scene.SendAsync(MarketplaceHost.Statistics, Sales.Replace("sales", "orders", StringComparison.Ordinal));
        using var newToken = await scene.SendAsync(MarketplaceHost.Statistics, Sales, token: scene.TokenOf(TokenType.Personal));

        Assert.Equal(HttpStatusCode.OK, otherType.StatusCode);
        Assert.Equal(HttpStatusCode.OK, otherSeller.StatusCode);
        Assert.Equal(HttpStatusCode.OK, otherMethod.StatusCode);
        Assert.Equal(HttpStatusCode.TooManyRequests, newToken.StatusCode);
    }

    [Fact]
    public async Task A_client_error_costs_ten_calls_on_marketplace_methods_and_one_elsewhere()
    {
        await using var scene = await MarketplaceScene.StartAsync();

        using var wrong = await scene.SendAsync(MarketplaceHost.Marketplace, "/api/v3/stocks/1204455", "{}");
        using var elsewhere = await scene.SendAsync(MarketplaceHost.Feedbacks, "/api/v1/feedbacks");

        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
        Assert.Equal(20 - 10, Header(wrong, "X-Ratelimit-Remaining"));
        Assert.Equal(HttpStatusCode.BadRequest, elsewhere.StatusCode);
        Assert.Equal(6 - 1, Header(elsewhere, "X-Ratelimit-Remaining"));
    }

    [Fact]
    public async Task Without_headers_a_refusal_says_nothing_but_429()
    {
        await using var scene = await MarketplaceScene.StartAsync(options: options => options with { LimitHeaders = false });
        const string Sales = "/api/v1/supplier/sales?dateFrom=2026-11-22";

        using var first = await scene.SendAsync(MarketplaceHost.Statistics, Sales);
        using var second = await scene.SendAsync(MarketplaceHost.Statistics, Sales);

        Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
        Assert.DoesNotContain(second.Headers, header => header.Key.StartsWith("X-Ratelimit", StringComparison.OrdinalIgnoreCase));
    }

    private static int Header(HttpResponseMessage response, string name) =>
        int.Parse(Assert.Single(response.Headers.GetValues(name)), CultureInfo.InvariantCulture);
}
