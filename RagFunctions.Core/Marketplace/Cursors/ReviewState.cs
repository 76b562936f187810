namespace RagFunctions.Core.Marketplace.Cursors;

/// <summary>Where reviews stand.</summary>
internal sealed record ReviewState
{
    public ReviewPhase Phase { get; init; }

    /// <summary>Reviews created before this instant have been read.</summary>
    public DateTimeOffset? Position { get; init; }

    /// <summary>Where the present pass began; its lists start here.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Where the present page's list starts; moves when <see cref="Skip"/> comes near its cap.</summary>
    public DateTimeOffset? ListFrom { get; init; }

    public int Skip { get; init; }

    /// <summary>The latest review of the present pass.</summary>
    public DateTimeOffset? Latest { get; init; }

    public bool IsWindow { get; init; }
    public DateTimeOffset? WindowDoneAt { get; init; }
}
