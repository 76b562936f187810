using RagFunctions.Core.Marketplace.Tokens;

namespace RagFunctions.Core.Marketplace.Client;

/// <summary>With what a cabinet's calls are made. A class and not a record: its text never shows the token.</summary>
public sealed class MarketplaceAccess(long cabinetId, string token)
{
    /// <summary>The cabinet.</summary>
    public long CabinetId { get; } = cabinetId;

    /// <summary>What the token says about itself.</summary>
    public TokenInfo Info { get; } = TokenDecoder.Decode(token);

    /// <summary>Whose limits count.</summary>
    public string Seller => Info.SellerId ?? (Info.SellerNumber is { } number ? $"seller:{number}" : $"cabinet:{CabinetId}");

    /// <summary>For the authorization header and nothing else.</summary>
    internal string Token { get; } = token;
}
