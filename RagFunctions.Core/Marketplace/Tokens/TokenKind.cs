namespace RagFunctions.Core.Marketplace.Tokens;

/// <summary>What kind of token a seller gave, from the field <c>acc</c>; it decides limits and which methods answer.</summary>
public enum TokenKind
{
    /// <summary>The token does not say (older ones): normal limits are assumed, an answer's headers correct that.</summary>
    Unknown = 0,

    /// <summary>Reduced limits, fewer methods. One used together with a service's secret cannot be told apart and is treated alike.</summary>
    Basic = 1,

    /// <summary>For the sandbox only.</summary>
    Test = 2,

    /// <summary>For the seller's own programs.</summary>
    Personal = 3,

    /// <summary>For a solution of the marketplace's catalogue.</summary>
    Service = 4,
}
