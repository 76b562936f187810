using RagFunctions.Core.Changes;
using RagFunctions.Core.Runs;

namespace RagFunctions.Core.Leases;

/// <summary>Who may take the lease, and how strong the round must be. Pure.</summary>
internal static class LeaseRules
{
    /// <summary>Whether the round may be opened.</summary>
    public static LeaseVerdict Judge(LeaseRow row, BeginRoundInput input)
    {
        // A run that was taken over never comes back: a late duplicate would hold a lease that nobody serves.
        if (row.ClosedRounds >= input.Round || row.Outcome == RunOutcome.Superseded || (row.RunId == input.RunId && row.Round > input.Round))
        {
            return LeaseVerdict.Closed;
        }

        if (row.RunId == input.RunId && row.Round == input.Round)
        {
            return LeaseVerdict.Repeat;
        }

        if (row.IsHeld && row.Owner != input.Owner)
        {
            return LeaseVerdict.Busy;
        }

        return row.NotBefore > row.Now ? LeaseVerdict.NotYet : LeaseVerdict.Take;
    }

    /// <summary>
    /// The round's mode: the strongest of what is stored and what the state of the index demands. The same rule for every round:
    /// closing a round ticks off what it did, so nothing is done twice.
    /// </summary>
    public static RunMode Mode(LeaseRow row, SourceFacts source, long cabinetId, int rendererVersion, RunsOptions options)
    {
        var fullDemanded = row.Requested == RunMode.Full
            || source.FullRequestVersion is not null
            || row.FullCompletedAt is null
            || !row.IsActive
            || (row.FullRendererVersion != rendererVersion && RendererSpread.IsDue(cabinetId, row.Now, options));
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

/// <summary>Whether a round may be opened, as the lease row stands.</summary>
internal enum LeaseVerdict
{
    /// <summary>Free, expired, the run's own, or of the same owner: take it with a new token.</summary>
    Take,

    /// <summary>This very round holds it: answer as the first time.</summary>
    Repeat,

    /// <summary>This round is closed, or the run was superseded.</summary>
    Closed,

    /// <summary>Another owner holds it.</summary>
    Busy,

    /// <summary>The cabinet may not be run yet.</summary>
    NotYet,
}
