namespace RagFunctions.Core.Store;

/// <summary>How the index of a cabinet differs from its source.</summary>
/// <param name="Rows">Eligible source rows.</param>
/// <param name="Chunks">Chunks they render to.</param>
/// <param name="Missing">Chunks the index should hold and does not.</param>
/// <param name="Stale">Chunks whose text, dates, article or name differ, or whose vector is missing or of another model.</param>
/// <param name="Surplus">Chunks that no eligible row renders to, expired ones included.</param>
/// <param name="Pending">Chunks that wait for their vector.</param>
/// <param name="Unreadable">Rows that cannot be read or rendered; their chunks are not judged.</param>
/// <param name="Examples">Some of the differences, at most as many as asked for.</param>
public sealed record VerifyReport(
    long Rows, long Chunks, long Missing, long Stale, long Surplus, long Pending, long Unreadable, IReadOnlyList<VerifyExample> Examples)
{
    /// <summary>Index and source agree and everything is embedded.</summary>
    public bool IsClean => Missing + Stale + Surplus + Pending + Unreadable == 0;
}
