namespace RagFunctions.Core.Marketplace.Cursors;

/// <summary>Where a stock snapshot stands.</summary>
internal sealed record StockState
{
    public StockPhase Phase { get; init; }
    public int Offset { get; init; }

    /// <summary>Rows that held anything when the snapshot began.</summary>
    public long Known { get; init; }

    public string? TaskId { get; init; }
    public bool TaskIsDone { get; init; }

    /// <summary>Digest of the last snapshot that was too small to believe, by source, and when it was first read.</summary>
    public string? MarketplaceDoubt { get; init; }
    public DateTimeOffset? MarketplaceDoubtAt { get; init; }
    public string? SellerDoubt { get; init; }
    public DateTimeOffset? SellerDoubtAt { get; init; }
}
