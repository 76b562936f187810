namespace RagFunctions.Core.Runs;

/// <summary>Input of the activity that does a small round at one go, from its ranges to its end, instead of one activity for each step.</summary>
/// <param name="Run">The run, at the round.</param>
/// <param name="Start">The round as it was begun.</param>
public sealed record RunRoundInput(RunInput Run, RoundStart Start);

/// <summary>What a round done at one go came to.</summary>
/// <param name="End">The round is booked; null when more is to be embedded than one activity should take.</param>
/// <param name="Totals">Sums of the round so far.</param>
/// <param name="Left">Without <paramref name="End"/>: what is to be embedded, as the plan of the round has it.</param>
/// <param name="ApplyFailed">A range failed as a whole.</param>
/// <param name="StepFailed">A step failed: another round at once would meet the same trouble.</param>
public sealed record RunRoundResult(RoundEnd? End, RoundTotals Totals, EmbeddingPlan? Left = null, bool ApplyFailed = false, bool StepFailed = false);
