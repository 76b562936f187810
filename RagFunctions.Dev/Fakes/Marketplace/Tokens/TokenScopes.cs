namespace RagFunctions.Dev.Fakes.Marketplace.Tokens;

/// <summary>The bits of a token's field <c>s</c>.</summary>
[Flags]
public enum TokenScopes : long
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

    /// <summary>Not a category: the token may only read, as every method here does.</summary>
    ReadOnly = 1L << 30,

    /// <summary>What a whole sync needs.</summary>
    Sync = Content | Analytics | Prices | Statistics | Feedbacks,

    /// <summary>Every category of this server's methods.</summary>
    Everything = Sync | Marketplace | Returns,
}
