namespace RagFunctions.Core.Runs;

/// <summary>Input of the activity that opens a round.</summary>
/// <param name="CabinetId">The tenant.</param>
/// <param name="RunId">Made by the orchestrator, the same for all rounds of a run; repeating a known (run, round) changes nothing.</param>
/// <param name="Round">1-based.</param>
/// <param name="Owner">Who runs: the same owner with another run takes over at once, another owner only after the lease has expired.</param>
public sealed record BeginRoundInput(long CabinetId, Guid RunId, int Round, string Owner);
