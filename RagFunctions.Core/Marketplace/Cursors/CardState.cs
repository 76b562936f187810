namespace RagFunctions.Core.Marketplace.Cursors;

/// <summary>Where cards and the trash stand; cursors are kept as they came.</summary>
internal sealed record CardState
{
    public CardPhase Phase { get; init; }
    public string? UpdatedAt { get; init; }
    public long? NmId { get; init; }
    public string? TrashedAt { get; init; }
    public long? TrashNmId { get; init; }

    /// <summary>The present pass lists everything, so that what it does not name is gone.</summary>
    public bool IsWhole { get; init; }

    public DateTimeOffset? WholeStartedAt { get; init; }
    public DateTimeOffset? WholeDoneAt { get; init; }
}
