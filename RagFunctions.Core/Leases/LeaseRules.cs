namespace RagFunctions.Core.Leases;

/// <summary>Who may take the lease. Pure.</summary>
internal static class LeaseRules
{
    /// <summary>Whether the round may begin.</summary>
    public static LeaseVerdict Judge(LeaseRow row, LeaseClaim claim)
    {
        // A run that was taken over never comes back: a late duplicate would hold a lease that nobody serves.
        if (row.FinishedRounds >= claim.Round || row.WasSuperseded || (row.RunId == claim.RunId && row.Round > claim.Round))
        {
            return LeaseVerdict.Over;
        }

        if (row.RunId == claim.RunId && row.Round == claim.Round)
        {
            return LeaseVerdict.Repeat;
        }

        if (row.IsHeld && row.Owner != claim.Owner)
        {
            return LeaseVerdict.Busy;
        }

        return row.NotBefore > row.Now ? LeaseVerdict.NotYet : LeaseVerdict.Take;
    }
}

/// <summary>Whether a round may begin, as the lease row stands.</summary>
internal enum LeaseVerdict
{
    /// <summary>Free, expired, the run's own, or of the same owner: take it with a new token.</summary>
    Take,

    /// <summary>This very round holds it: answer as the first time.</summary>
    Repeat,

    /// <summary>This round is finished, or the run was superseded.</summary>
    Over,

    /// <summary>Another owner holds it.</summary>
    Busy,

    /// <summary>The cabinet may not be run yet.</summary>
    NotYet,
}
