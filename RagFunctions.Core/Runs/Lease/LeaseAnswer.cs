namespace RagFunctions.Core.Runs.Lease;

/// <summary>What came of asking for the lease.</summary>
/// <param name="Verdict">Taken, repeated, or why not.</param>
/// <param name="Token">The round's fencing token.</param>
/// <param name="Mode">The round's mode.</param>
/// <param name="AsOf">The round's business time.</param>
/// <param name="Row">The lease row as it was before.</param>
internal sealed record LeaseAnswer(LeaseVerdict Verdict, long Token, RunMode Mode, DateTimeOffset AsOf, LeaseRow Row);
