using RagFunctions.Core.Marketplace.Limits;
using RagFunctions.Core.Marketplace.Tokens;

namespace RagFunctions.Core.Marketplace.Client;

/// <summary>One call: who, what, and the JSON body if it has one.</summary>
internal sealed record MarketplaceCall(MarketplaceAccess Access, MarketplaceMethod Method, Uri Address, byte[]? Body = null)
{
    /// <summary>Travels with the request to <see cref="LimitHandler"/>.</summary>
    public static readonly HttpRequestOptionsKey<MarketplaceCall> Key = new("marketplace-call");

    /// <summary>Set by <see cref="LimitHandler"/> when a limit stands in the way.</summary>
    public static readonly HttpRequestOptionsKey<DateTimeOffset> WaitUntil = new("marketplace-wait-until");

    public MethodRules Rules { get; } = MethodRules.Of(Method);

    public BucketKey Bucket => new(Access.Seller, Rules.Bucket, Access.Kind);
}

/// <summary>With what a cabinet's calls are made. A class and not a record: its text never shows the token.</summary>
/// <param name="hasClientSecret">The calls carry a service's secret, which gives a basic token the limits and methods of others.</param>
public sealed class MarketplaceAccess(long cabinetId, string token, bool hasClientSecret = false)
{
    /// <summary>The cabinet.</summary>
    public long CabinetId { get; } = cabinetId;

    /// <summary>What the token says about itself.</summary>
    public TokenInfo Info { get; } = TokenDecoder.Decode(token);

    /// <summary>Which limits and methods the token has.</summary>
    public TokenKind Kind => Info.Kind == TokenKind.Basic && hasClientSecret ? TokenKind.Service : Info.Kind;

    /// <summary>Whose limits count.</summary>
    public string Seller => Info.SellerId ?? (Info.SellerNumber is { } number ? $"seller:{number}" : $"cabinet:{CabinetId}");

    /// <summary>For the authorization header and nothing else.</summary>
    internal string Token { get; } = token;
}
