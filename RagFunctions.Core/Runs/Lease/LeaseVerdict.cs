namespace RagFunctions.Core.Runs.Lease;

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
