using RagFunctions.Dev.Fakes.Marketplace.Tokens;

namespace RagFunctions.Dev.Fakes.Marketplace.Limits;

/// <summary>The limits as the marketplace's tables give them.</summary>
/// <remarks>Limits of basic tokens come as "n per hour" without a burst: the strictest reading, one call per interval, is kept here.</remarks>
public static class DocumentedLimits
{
    /// <summary>Orders: 1 per minute, burst 10; basic 1 per 3 h.</summary>
    public static readonly MethodRule Orders =
        new("orders", TokenScopes.Statistics, new(TimeSpan.FromMinutes(1), 10), new(TimeSpan.FromHours(3), 1));

    /// <summary>Sales and returns: 1 per minute; basic 1 per 2 h.</summary>
    public static readonly MethodRule Sales =
        new("sales", TokenScopes.Statistics, new(TimeSpan.FromMinutes(1), 1), new(TimeSpan.FromHours(2), 1));

    /// <summary>The marketplace's warehouses: 3 per minute; basic tokens refused.</summary>
    public static readonly MethodRule WarehouseStocks =
        new("wb-warehouses", TokenScopes.Analytics, new(TimeSpan.FromSeconds(20), 1), null);

    /// <summary>The seller's warehouses: 3 per minute; basic tokens refused.</summary>
    public static readonly MethodRule SellerStocks =
        new("seller-warehouses", TokenScopes.Analytics, new(TimeSpan.FromSeconds(20), 1), null);

    /// <summary>Creating a task report: 1 per minute, burst 5; basic 4 per hour.</summary>
    public static readonly MethodRule RemainsCreate =
        new("remains-create", TokenScopes.Analytics, new(TimeSpan.FromMinutes(1), 5), FourPerHour);

    /// <summary>Its state: 1 per 5 s, burst 5; basic 4 per hour.</summary>
    public static readonly MethodRule RemainsStatus =
        new("remains-status", TokenScopes.Analytics, new(TimeSpan.FromSeconds(5), 5), FourPerHour);

    /// <summary>Fetching it: 1 per minute; basic 4 per hour.</summary>
    public static readonly MethodRule RemainsDownload =
        new("remains-download", TokenScopes.Analytics, new(TimeSpan.FromMinutes(1), 1), FourPerHour);

    /// <summary>Cards and trash: 100 per minute, burst 5, for every token.</summary>
    public static readonly MethodRule Content =
        new("content", TokenScopes.Content, new(TimeSpan.FromMilliseconds(600), 5), new(TimeSpan.FromMilliseconds(600), 5));

    /// <summary>Prices: 10 per 6 s, burst 5, shared; basic 4 per hour.</summary>
    public static readonly MethodRule Prices =
        new("prices", TokenScopes.Prices, new(TimeSpan.FromMilliseconds(600), 5), FourPerHour);

    /// <summary>Reviews: 3 per second, burst 6, shared; basic 5 per hour.</summary>
    public static readonly MethodRule Feedbacks =
        new("feedbacks", TokenScopes.Feedbacks, new(TimeSpan.FromMilliseconds(333), 6), new(TimeSpan.FromMinutes(12), 1));

    /// <summary>Claims: 20 per minute, burst 10; basic 1 per hour.</summary>
    public static readonly MethodRule Claims =
        new("claims", TokenScopes.Returns, new(TimeSpan.FromSeconds(3), 10), new(TimeSpan.FromHours(1), 1));

    /// <summary>Who the seller is: 1 per minute, burst 10; basic 1 per 24 h.</summary>
    public static readonly MethodRule SellerInfo =
        new("seller-info", TokenScopes.None, new(TimeSpan.FromMinutes(1), 10), new(TimeSpan.FromHours(24), 1));

    /// <summary>Warehouses and their stock: 300 per minute, burst 20; an answer 4xx counts tenfold.</summary>
    public static readonly MethodRule Marketplace =
        new("marketplace", TokenScopes.Marketplace, PunishingErrors, PunishingErrors);

    private static MethodLimit FourPerHour => new(TimeSpan.FromMinutes(15), 1);

    private static MethodLimit PunishingErrors => new(TimeSpan.FromMilliseconds(200), 20, ClientErrorCost: 10);

    /// <summary>Is the host alive, the token good, the category there: 3 per 30 s and host.</summary>
    public static MethodRule Ping(MarketplaceHost host) =>
        new($"ping-{host}", CategoryOf(host), new(TimeSpan.FromSeconds(10), 3), new(TimeSpan.FromSeconds(10), 3));

    private static TokenScopes CategoryOf(MarketplaceHost host) => host switch
    {
        MarketplaceHost.Statistics => TokenScopes.Statistics,
        MarketplaceHost.Analytics => TokenScopes.Analytics,
        MarketplaceHost.Content => TokenScopes.Content,
        MarketplaceHost.Prices => TokenScopes.Prices,
        MarketplaceHost.Feedbacks => TokenScopes.Feedbacks,
        MarketplaceHost.Returns => TokenScopes.Returns,
        MarketplaceHost.Marketplace => TokenScopes.Marketplace,
        _ => TokenScopes.None,
    };
}

/// <summary>Who may call a method, and how often.</summary>
/// <param name="Bucket">Methods of the same name share a bucket.</param>
/// <param name="Category">What the token must have; none = any token.</param>
/// <param name="Normal">Limit of personal and service tokens.</param>
/// <param name="Basic">Limit of basic tokens; null = they are refused with 403.</param>
public sealed record MethodRule(string Bucket, TokenScopes Category, MethodLimit Normal, MethodLimit? Basic)
{
    /// <summary>The limit of a kind of token; null = refused.</summary>
    public MethodLimit? For(TokenType type) => type == TokenType.Basic ? Basic : Normal;
}

/// <summary>A token bucket.</summary>
/// <param name="Interval">Time in which one call comes back: period divided by limit.</param>
/// <param name="Burst">Calls that a full bucket holds.</param>
/// <param name="ClientErrorCost">What a call answered with 4xx costs.</param>
public sealed record MethodLimit(TimeSpan Interval, int Burst, int ClientErrorCost = 1)
{
    /// <summary>The bucket when full.</summary>
    public TimeSpan Full => Interval * Burst;
}
