using RagFunctions.Dev.Fakes.Marketplace.Faults;
using RagFunctions.Dev.Fakes.Marketplace.Tokens;

namespace RagFunctions.Dev.Fakes.Marketplace;

/// <summary>A request as it was received and answered.</summary>
/// <param name="At">When, by the server's clock.</param>
/// <param name="Host">Where.</param>
/// <param name="Method">GET or POST.</param>
/// <param name="Path">With the query.</param>
/// <param name="Body">As text; empty for GET.</param>
public sealed record MarketplaceRequest(DateTimeOffset At, MarketplaceHost Host, string Method, string Path, string Body)
{
    /// <summary>Whose token it carried; null = none that this server made.</summary>
    public MarketplaceToken? Token { get; init; }

    /// <summary>Which bucket it counts in; null = no such method.</summary>
    public string? Bucket { get; init; }

    /// <summary>What was answered; 0 = nothing (a hanging or cut connection).</summary>
    public int Status { get; init; }

    /// <summary>What went wrong on demand.</summary>
    public Fault? Fault { get; init; }

    /// <summary>The bucket was empty: the caller exceeded a limit.</summary>
    public bool ExceededLimit { get; init; }
}
