namespace RagFunctions.Dev.Fakes.Marketplace.Tokens;

/// <summary>The field <c>acc</c> of a token: it decides limits and which methods answer.</summary>
public enum TokenType
{
    /// <summary>Reduced limits, fewer methods.</summary>
    Basic = 1,

    /// <summary>For the sandbox: the hosts of this server refuse it.</summary>
    Test = 2,

    /// <summary>For the seller's own programs.</summary>
    Personal = 3,

    /// <summary>For a solution of the marketplace's catalogue.</summary>
    Service = 4,
}
