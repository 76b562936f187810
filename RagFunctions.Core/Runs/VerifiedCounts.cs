namespace RagFunctions.Core.Runs;

/// <summary>What a comparison of index and source found, in chunks.</summary>
/// <param name="Missing">The source offers them, the index has none.</param>
/// <param name="Stale">The index has another text.</param>
/// <param name="Surplus">The source does not offer them.</param>
/// <param name="Pending">Right text, no vector of it yet.</param>
public sealed record VerifiedCounts(long Missing, long Stale, long Surplus, long Pending)
{
    /// <summary>Nothing differs.</summary>
    public bool IsClean => this is { Missing: 0, Stale: 0, Surplus: 0, Pending: 0 };
}
