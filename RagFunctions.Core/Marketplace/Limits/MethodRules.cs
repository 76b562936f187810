using RagFunctions.Core.Marketplace.Tokens;

namespace RagFunctions.Core.Marketplace.Limits;

/// <summary>What the marketplace's tables say about a method.</summary>
/// <param name="Bucket">Methods with the same name share one bucket.</param>
/// <param name="Category">What the token needs; <see cref="TokenCategories.None"/> = any token.</param>
/// <param name="Normal">Limit of personal, service and test tokens.</param>
/// <param name="Basic">Limit of basic tokens; null = they are refused.</param>
public sealed record MethodRules(string Bucket, TokenCategories Category, RateLimit Normal, RateLimit? Basic)
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    // The basic limits come as "n per hour" without a burst: 1 is the reading that cannot exceed them.
    private static readonly RateLimit ContentLimit = RateLimit.Of(100, Minute, burst: 5);
    private static readonly RateLimit FeedbackLimit = new(TimeSpan.FromMilliseconds(333), 6);
    private static readonly RateLimit BasicFeedbackLimit = RateLimit.Of(5, Hour);
    private static readonly RateLimit BasicTaskLimit = RateLimit.Of(4, Hour);

    private static readonly Dictionary<MarketplaceMethod, MethodRules> Table = new()
    {
        [MarketplaceMethod.Orders] =
            new("orders", TokenCategories.Statistics, RateLimit.Of(1, Minute, burst: 10), RateLimit.Of(1, 3 * Hour)),
        [MarketplaceMethod.Sales] = new("sales", TokenCategories.Statistics, RateLimit.Of(1, Minute), RateLimit.Of(1, 2 * Hour)),
        [MarketplaceMethod.WarehouseStocks] = new("wb-warehouses", TokenCategories.Analytics, RateLimit.Of(3, Minute), null),
        [MarketplaceMethod.SellerStocks] = new("seller-warehouses", TokenCategories.Analytics, RateLimit.Of(3, Minute), null),
        [MarketplaceMethod.RemainsCreate] =
            new("remains-create", TokenCategories.Analytics, RateLimit.Of(1, Minute, burst: 5), BasicTaskLimit),
        [MarketplaceMethod.RemainsStatus] =
            new("remains-status", TokenCategories.Analytics, RateLimit.Of(1, 5 * Second, burst: 5), BasicTaskLimit),
        [MarketplaceMethod.RemainsDownload] = new("remains-download", TokenCategories.Analytics, RateLimit.Of(1, Minute), BasicTaskLimit),
        [MarketplaceMethod.Cards] = new("content", TokenCategories.Content, ContentLimit, ContentLimit),
        [MarketplaceMethod.CardTrash] = new("content", TokenCategories.Content, ContentLimit, ContentLimit),
        [MarketplaceMethod.Prices] =
            new("prices", TokenCategories.Prices, RateLimit.Of(10, 6 * Second, burst: 5), RateLimit.Of(4, Hour)),
        [MarketplaceMethod.Feedbacks] = new("feedbacks", TokenCategories.Feedbacks, FeedbackLimit, BasicFeedbackLimit),
        [MarketplaceMethod.FeedbackArchive] = new("feedbacks", TokenCategories.Feedbacks, FeedbackLimit, BasicFeedbackLimit),
        [MarketplaceMethod.SellerInfo] =
            new("seller-info", TokenCategories.None, RateLimit.Of(1, Minute, burst: 10), RateLimit.Of(1, 24 * Hour)),
    };

    /// <summary>The rules of a method.</summary>
    public static MethodRules Of(MarketplaceMethod method) => Table[method];

    /// <summary>The limit for a token; null = this kind of token is refused by the method.</summary>
    public RateLimit? For(TokenKind kind) => kind == TokenKind.Basic ? Basic : Normal;
}

/// <summary>The calls the sync makes.</summary>
public enum MarketplaceMethod
{
    Orders,
    Sales,
    WarehouseStocks,
    SellerStocks,
    RemainsCreate,
    RemainsStatus,
    RemainsDownload,
    Cards,
    CardTrash,
    Prices,
    Feedbacks,
    FeedbackArchive,
    SellerInfo,
}

/// <summary>A token bucket: <paramref name="Burst"/> calls at once, then one per <paramref name="Interval"/>.</summary>
/// <param name="Interval">Period divided by limit.</param>
/// <param name="Burst">Calls that may follow each other without a pause, at least 1.</param>
/// <param name="ClientErrorCost">Calls that an answer 4xx costs: 10 on the hosts that punish errors, else 1.</param>
public sealed record RateLimit(TimeSpan Interval, int Burst, int ClientErrorCost = 1)
{
    /// <summary>A limit as the marketplace's tables give it: so many calls per period.</summary>
    public static RateLimit Of(int calls, TimeSpan period, int burst = 1) => new(period / calls, burst);
}
