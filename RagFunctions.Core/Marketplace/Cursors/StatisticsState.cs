namespace RagFunctions.Core.Marketplace.Cursors;

/// <summary>Where orders or sales stand.</summary>
internal sealed record StatisticsState
{
    /// <summary>The latest change read.</summary>
    public DateTimeOffset? Position { get; init; }

    /// <summary>The last answer may have been cut: reading goes on from there, without overlap.</summary>
    public bool IsCut { get; init; }
}
