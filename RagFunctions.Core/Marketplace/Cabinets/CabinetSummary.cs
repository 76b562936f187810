using RagFunctions.Core.Marketplace.Tokens;

namespace RagFunctions.Core.Marketplace.Cabinets;

/// <summary>A cabinet for a list; carries no token.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Name">Its name.</param>
/// <param name="IsActive">Whether it takes part.</param>
/// <param name="IsEncrypted">False while the original's plain token is there.</param>
/// <param name="Token">What the token says; null when there is none or it does not open.</param>
/// <param name="TokenRejectedAt">When the marketplace last refused it.</param>
/// <param name="LastSyncAt">The last success of any entity.</param>
public sealed record CabinetSummary(
    long Id, string? Name, bool IsActive, bool IsEncrypted, TokenInfo? Token, DateTimeOffset? TokenRejectedAt, DateTimeOffset? LastSyncAt);
