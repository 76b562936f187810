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
