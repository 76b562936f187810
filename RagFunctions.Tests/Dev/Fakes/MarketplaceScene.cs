using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Time.Testing;
using RagFunctions.Dev.Fakes.Marketplace;
using RagFunctions.Dev.Fakes.Marketplace.Shops;
using RagFunctions.Dev.Fakes.Marketplace.Tokens;

namespace RagFunctions.Tests.Dev.Fakes;

/// <summary>A server with one shop, a stepped clock for both, and a bare client.</summary>
internal sealed class MarketplaceScene : IAsyncDisposable
{
    private readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private MarketplaceScene(MarketplaceServer server, Shop shop, FakeTimeProvider time)
    {
        (Server, Shop, Time) = (server, shop, time);
        Token = TokenOf(TokenType.Personal);
    }

    public MarketplaceServer Server { get; }

    public Shop Shop { get; }

    public FakeTimeProvider Time { get; }

    public string Token { get; set; }

    public static async Task<MarketplaceScene> StartAsync(ShopOptions? shop = null, Func<MarketplaceServerOptions, MarketplaceServerOptions>? options = null)
    {
        var living = new Shop(shop ?? new ShopOptions { HistoryDays = 20, Products = 12 });
        var time = new FakeTimeProvider(living.Now);
        var basis = new MarketplaceServerOptions { Time = time };
        var server = await MarketplaceServer.StartAsync(options is null ? basis : options(basis));
        server.Add(living);
        return new MarketplaceScene(server, living, time);
    }

    public string TokenOf(TokenType type, TokenScopes categories = TokenScopes.Everything, TimeSpan? life = null) =>
        MarketplaceTokens.Create(Shop.SellerId, type, categories, Time.GetUtcNow() + (life ?? TimeSpan.FromDays(180)));

    public void Advance(TimeSpan time)
    {
        Time.Advance(time);
        Server.AdvanceShopsTo(Time.GetUtcNow());
    }

    public async Task<HttpResponseMessage> SendAsync(MarketplaceHost host, string path, string? body = null, string? token = null)
    {
        using var request = new HttpRequestMessage(body is null ? HttpMethod.Get : HttpMethod.Post, new Uri(Server.Address(host), path));
        request.Headers.TryAddWithoutValidation("Authorization", token ?? Token);
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        return await _http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    /// <summary>An answer 200 as JSON; the clock is moved first, far enough for every limit.</summary>
    public async Task<JsonElement> JsonAsync(MarketplaceHost host, string path, string? body = null)
    {
        Time.Advance(TimeSpan.FromMinutes(10));
        using var response = await SendAsync(host, path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, $"{path}: {(int)response.StatusCode} {text}");
        return JsonElement.Parse(text);
    }

    public Task<JsonElement> OrdersAsync(string dateFrom, int flag = 0) => StatisticsAsync("orders", dateFrom, flag);

    public Task<JsonElement> SalesAsync(string dateFrom, int flag = 0) => StatisticsAsync("sales", dateFrom, flag);

    public static string Moscow(DateTimeOffset at) =>
        at.ToUniversalTime().AddHours(3).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await Server.DisposeAsync();
    }

    private Task<JsonElement> StatisticsAsync(string name, string dateFrom, int flag) =>
        JsonAsync(MarketplaceHost.Statistics, $"/api/v1/supplier/{name}?dateFrom={Uri.EscapeDataString(dateFrom)}&flag={flag}");
}
