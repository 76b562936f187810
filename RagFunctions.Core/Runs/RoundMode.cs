using RagFunctions.Core.Changes;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Leases;

namespace RagFunctions.Core.Runs;

/// <summary>How strong a round must be. Pure.</summary>
internal static class RoundMode
{
    /// <summary>
    /// The round's mode: the strongest of what is stored and what the state of the index demands. The same rule for every round:
    /// finishing a round removes the requests that it served, so nothing is done twice.
    /// </summary>
    public static RunMode Of(LeaseRow row, SourceFacts source, long cabinetId, RunsOptions options)
    {
        var fullDemanded = row.Requested == RunMode.Full
            || source.FullRequestVersion is not null
            || row.FullCompletedAt is null
            || !row.IsActive
            || (row.FullRendererVersion < ChunkRenderer.Version && RendererRollout.IsDue(cabinetId, row.Now, options));
        if (fullDemanded || (row.Requested == RunMode.CatchUp && row.CatchUpFrom is null))
        {
            return RunMode.Full;
        }

        var catchUpDue = source.Kind == ChangeSource.CatchUp
            && (row.LastCatchUpAt is null || row.LastCatchUpAt.Value.AddMinutes(options.CatchUpMinutes) <= row.Now)
            && row.CatchUpFrom is not null;
        return catchUpDue || row.Requested == RunMode.CatchUp ? RunMode.CatchUp : RunMode.Incremental;
    }
}

/// <summary>
/// A new version of the texts asks a full run of every cabinet. Each cabinet has its minute within the spread, so that they do
/// not all come at once and fresh changes of the others are not stuck behind them.
/// </summary>
internal static class RendererRollout
{
    /// <summary>Whether <paramref name="now"/> lies in the cabinet's minute.</summary>
    public static bool IsDue(long cabinetId, DateTimeOffset now, RunsOptions options)
    {
        if (options.RendererSpreadMinutes == 0)
        {
            return true;
        }

        // Fibonacci hashing: neighbouring ids land far apart, and the same everywhere (unlike string.GetHashCode).
        var slot = (unchecked((ulong)cabinetId * 11400714819323198485UL) >> 32) % (ulong)options.RendererSpreadMinutes;
        var minute = now.ToUnixTimeSeconds() / 60 % options.RendererSpreadMinutes;
        return (ulong)minute == slot;
    }
}
