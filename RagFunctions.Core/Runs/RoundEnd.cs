namespace RagFunctions.Core.Runs;

/// <summary>Answer of the activity that closes a round.</summary>
/// <param name="Again">More is due and another round may follow at once.</param>
/// <param name="Outcome">One of <see cref="RunOutcome"/>; final unless <paramref name="Again"/>.</param>
/// <param name="NotBefore">With <see cref="RunOutcome.Waiting"/>: when the run may go on, by the clock of the index database; for people.</param>
/// <param name="Wait">With <see cref="RunOutcome.Waiting"/>: how long until then. An orchestrator waits by another clock, so it needs the length.</param>
public sealed record RoundEnd(bool Again, string Outcome, DateTimeOffset? NotBefore = null, TimeSpan? Wait = null);
