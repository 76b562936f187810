using RagFunctions.Core.Marketplace.Client;

namespace RagFunctions.Core.Marketplace.Cabinets;

/// <summary>A cabinet with its token opened.</summary>
/// <param name="IsActive">Whether it takes part.</param>
/// <param name="Access">With what its calls are made; null = there is no token, or it does not open.</param>
/// <param name="Problem">Why there is no access.</param>
/// <param name="TokenRejectedAt">When the marketplace last refused the token.</param>
public sealed record OpenCabinet(bool IsActive, MarketplaceAccess? Access, string? Problem, DateTimeOffset? TokenRejectedAt);
