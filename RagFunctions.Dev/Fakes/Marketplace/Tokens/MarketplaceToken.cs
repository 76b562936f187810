namespace RagFunctions.Dev.Fakes.Marketplace.Tokens;

/// <summary>What a token of this server says.</summary>
/// <param name="SellerId">The seller account (<c>sid</c>).</param>
/// <param name="Type">Its kind (<c>acc</c>).</param>
/// <param name="Categories">What it may call (<c>s</c>).</param>
/// <param name="Expires">The end of its life (<c>exp</c>).</param>
public sealed record MarketplaceToken(Guid SellerId, TokenType Type, TokenScopes Categories, DateTimeOffset Expires);
