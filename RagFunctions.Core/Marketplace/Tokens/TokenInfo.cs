namespace RagFunctions.Core.Marketplace.Tokens;

/// <summary>What a token says about itself. Nothing here proves that the marketplace accepts it.</summary>
/// <param name="SellerId">The seller's UUID (<c>sid</c>), or null.</param>
/// <param name="Kind">Decides limits.</param>
/// <param name="Categories">What it may call; null when it does not say, then only the marketplace can tell.</param>
/// <param name="ExpiresAt">The end of its 180 days, or null.</param>
/// <param name="IsTest">True for sandbox tokens.</param>
/// <param name="SellerNumber">The seller's older number (<c>oid</c>), or null.</param>
/// <param name="IssuedFor">Who may use it (<c>for</c>): <c>self</c>, or a service's <c>asid:…</c>; null when it does not say.</param>
public sealed record TokenInfo(
    string? SellerId, TokenKind Kind, TokenCategories? Categories, DateTimeOffset? ExpiresAt, bool IsTest, long? SellerNumber = null,
    string? IssuedFor = null)
{
    /// <summary>Sellers are warned this long before the end.</summary>
    public static readonly TimeSpan WarningPeriod = TimeSpan.FromDays(14);

    /// <summary>A token of which nothing is known.</summary>
    public static TokenInfo Opaque { get; } = new(null, TokenKind.Unknown, null, null, false);

    /// <summary>The categories of <paramref name="needed"/> that the token surely lacks.</summary>
    public TokenCategories Missing(TokenCategories needed) => Categories is { } granted ? needed & ~granted : TokenCategories.None;

    /// <summary>Whether its time is over.</summary>
    public bool IsExpired(DateTimeOffset now) => ExpiresAt <= now;

    /// <summary>What an operator should know: expired, about to expire, missing categories, sandbox. In plain words, without the token.</summary>
    public IReadOnlyList<string> Warnings(DateTimeOffset now)
    {
        var warnings = new List<string>();
        if (ExpiresAt is { } end)
        {
            if (end <= now)
            {
                warnings.Add($"the token expired on {end:yyyy-MM-dd}");
            }
            else if (end - now <= WarningPeriod)
            {
                warnings.Add($"the token expires on {end:yyyy-MM-dd}, in {(end - now).TotalDays:0} days");
            }
        }

        var missing = Missing(TokenCategories.Needed);
        if (missing != TokenCategories.None)
        {
            warnings.Add($"the token lacks the categories: {missing.ToString().ToLowerInvariant()}");
        }

        if (IsTest)
        {
            warnings.Add("the token is for the sandbox");
        }

        if (IssuedFor is not (null or "" or "self"))
        {
            warnings.Add($"the token was issued for the service {IssuedFor}");
        }

        return warnings;
    }
}

/// <summary>What kind of token a seller gave, from the field <c>acc</c>; it decides limits and which methods answer.</summary>
public enum TokenKind
{
    /// <summary>The token does not say (older ones): normal limits are assumed, an answer's headers correct that.</summary>
    Unknown = 0,

    /// <summary>Reduced limits, fewer methods. One used together with a service's secret is treated as <see cref="Service"/>.</summary>
    Basic = 1,

    /// <summary>For the sandbox only.</summary>
    Test = 2,

    /// <summary>For the seller's own programs.</summary>
    Personal = 3,

    /// <summary>For a solution of the marketplace's catalogue.</summary>
    Service = 4,
}

/// <summary>What a token may call: the bits of its field <c>s</c>.</summary>
[Flags]
public enum TokenCategories : long
{
    None = 0,
    Content = 1L << 1,
    Analytics = 1L << 2,
    Prices = 1L << 3,
    Marketplace = 1L << 4,
    Statistics = 1L << 5,
    Promotion = 1L << 6,
    Feedbacks = 1L << 7,
    Recommendations = 1L << 8,
    Chat = 1L << 9,
    Supplies = 1L << 10,
    Returns = 1L << 11,
    Documents = 1L << 12,

    /// <summary>Not a category: the token may only read. The sync needs no more.</summary>
    ReadOnly = 1L << 30,

    /// <summary>What a whole sync needs.</summary>
    Needed = Content | Analytics | Prices | Statistics | Feedbacks,
}
