namespace RagFunctions.Core.Runs;

/// <summary>Input of the activity that closes a round. Repeating a known (run, round) changes nothing and gives the same answer.</summary>
/// <param name="CabinetId">The tenant.</param>
/// <param name="RunId">The run.</param>
/// <param name="Round">The round to close.</param>
/// <param name="Token">The round's fencing token.</param>
/// <param name="Totals">Sums of this round.</param>
/// <param name="ApplyFailed">A range failed as a whole (for example a locked table): the round's changes are still queued.</param>
/// <param name="RetryAt">The provider asks to wait.</param>
/// <param name="StopError">The run must stop with this error.</param>
/// <param name="LastRound">No further round may follow in this run.</param>
/// <param name="Mode">The mode this round had (<see cref="RoundStart.Mode"/>): what it may tick off.</param>
public sealed record FinishRoundInput(
    long CabinetId,
    Guid RunId,
    int Round,
    long Token,
    RoundTotals Totals,
    bool ApplyFailed,
    DateTimeOffset? RetryAt,
    string? StopError,
    bool LastRound,
    RunMode Mode = RunMode.Incremental);
