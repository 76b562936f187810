namespace RagFunctions.Core.Runs;

/// <summary>How a run ended: the orchestration's output. Figures stand in <c>rag_index_runs</c>.</summary>
/// <param name="CabinetId">The tenant.</param>
/// <param name="RunId">The run.</param>
/// <param name="Outcome">One of <see cref="RunOutcome"/>.</param>
/// <param name="Rounds">Rounds opened.</param>
/// <param name="StartedAt">When the first round began.</param>
/// <param name="NotBefore">With <see cref="RunOutcome.Waiting"/>: when the sweep will start the cabinet again.</param>
/// <param name="Message">Why, where the outcome alone does not say.</param>
public sealed record RunSummary(
    long CabinetId,
    Guid RunId,
    string Outcome,
    int Rounds,
    DateTimeOffset? StartedAt,
    DateTimeOffset? NotBefore = null,
    string? Message = null);
