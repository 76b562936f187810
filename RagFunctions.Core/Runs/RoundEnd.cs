namespace RagFunctions.Core.Runs;

/// <summary>Answer of the activity that closes a round.</summary>
/// <param name="Again">More is due and another round may follow at once.</param>
/// <param name="Outcome">One of <see cref="RunOutcome"/>; final unless <paramref name="Again"/>.</param>
/// <param name="NotBefore">With <see cref="RunOutcome.Waiting"/>: when the run may go on.</param>
public sealed record RoundEnd(bool Again, string Outcome, DateTimeOffset? NotBefore = null);
