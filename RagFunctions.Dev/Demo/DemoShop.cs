using System.Globalization;
using RagFunctions.Dev.Fakes.Marketplace;
using RagFunctions.Dev.Fakes.Marketplace.Shops;
using RagFunctions.Dev.Fakes.Marketplace.Tokens;

namespace RagFunctions.Dev.Demo;

/// <summary>A shop that lives by the demo's clock, behind a marketplace that keeps its written limits.</summary>
internal sealed class DemoShop : IAsyncDisposable
{
    private readonly MarketplaceServer _server;

    private DemoShop(MarketplaceServer server, Shop shop, SteppedClock clock)
    {
        (_server, Shop) = (server, shop);
        server.Add(shop);
        Token = MarketplaceTokens.Create(shop.SellerId, TokenType.Personal, TokenScopes.Sync, clock.GetUtcNow().AddDays(180));
        clock.Living = server.AdvanceShopsTo;
    }

    /// <summary>The truth.</summary>
    public Shop Shop { get; }

    /// <summary>What the seller would copy from the marketplace's site.</summary>
    public string Token { get; }

    /// <summary>Requests received so far.</summary>
    public int Requests => _server.Requests.Count;

    /// <summary>Requests that broke a rule of the marketplace: limits, categories, parameters.</summary>
    public int Violations => _server.Violations.Count + _server.ExceededLimits.Count;

    /// <summary>The app's settings that lead here.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Settings => _server.Settings;

    /// <summary>What the shop is, in words.</summary>
    public string Story => string.Create(
        CultureInfo.InvariantCulture,
        $"{Shop.Products.Count:N0} articles, {Shop.Orders.Count:N0} orders, {Shop.Sales.Count:N0} sales and {Shop.Reviews.Count:N0} reviews in {Shop.Options.HistoryDays:N0} days; the marketplace's API on this machine, with its limits and page sizes");

    /// <summary>Lets the shop live up to the clock's present and opens the marketplace.</summary>
    public static async Task<DemoShop> StartAsync(ShopOptions options, SteppedClock clock)
    {
        var shop = new Shop(options with { Start = clock.GetUtcNow() });
        return new DemoShop(await MarketplaceServer.StartAsync(new MarketplaceServerOptions { Time = clock }), shop, clock);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
