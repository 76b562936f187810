namespace RagFunctions.Core.Runs;

/// <summary>
/// What a run carries from round to round (the orchestrator's input, renewed by continue-as-new). Settings travel in it,
/// so that a replay never sees other values than the first execution did.
/// </summary>
/// <param name="Owner">Who runs, for the lease: <c>durable:{instanceId}</c> or <c>cli:{machine}:{pid}:{guid}</c>.</param>
/// <param name="RunId">Null before the first round; see <see cref="Begun"/>.</param>
/// <param name="Round">The round to begin, 1-based.</param>
/// <param name="StartedAt">When the first round began.</param>
/// <param name="ApplyWindow">Ranges applied at a time.</param>
/// <param name="EmbedWindow">Batches embedded at a time.</param>
/// <param name="MaxRounds">Rounds a run may have; what is left then is the sweep's.</param>
/// <param name="Waits">Timers slept through so far.</param>
/// <param name="ShortRounds">Small rounds are done at one go (<see cref="RunRoundInput"/>): where each step costs a trip through Durable's store.</param>
public sealed record RunInput(
    long CabinetId,
    string Owner,
    Guid? RunId = null,
    int Round = 1,
    DateTimeOffset? StartedAt = null,
    int ApplyWindow = 4,
    int EmbedWindow = 8,
    int MaxRounds = 10,
    int Waits = 0,
    bool ShortRounds = false)
{
    /// <summary>This input with the run's identity, which only its first execution makes; later ones keep theirs.</summary>
    public RunInput Begun(Guid runId, DateTimeOffset now) => this with { RunId = RunId ?? runId, StartedAt = StartedAt ?? now };
}

/// <summary>How a run ended: the orchestration's output. Figures stand in <c>rag_index_runs</c>.</summary>
/// <param name="Outcome">One of <see cref="RunOutcome"/>.</param>
/// <param name="Rounds">Rounds begun.</param>
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

/// <summary>Where a run is: the orchestration's custom status and what the command line draws. A few hundred characters at most.</summary>
/// <param name="Phase"><c>begin</c>, <c>apply</c>, <c>plan</c>, <c>embed</c>, <c>finish</c> or <c>ended</c>.</param>
/// <param name="Done">Steps of the phase that are over.</param>
/// <param name="Total">Steps of the phase.</param>
/// <param name="Round">The round, 1-based.</param>
/// <param name="Mode">The round's mode on the wire; null before it is decided.</param>
/// <param name="RowsRead">Source rows looked at in this round.</param>
/// <param name="Embedded">Chunks that got a vector in this round, paid or reused.</param>
/// <param name="Pending">Chunks that were due for embedding when it was planned.</param>
/// <param name="Error">First error met, shortened.</param>
public sealed record RunProgress(
    string Phase,
    int Done,
    int Total,
    int Round,
    string? Mode,
    long RowsRead,
    long Embedded,
    long Pending,
    string? Error);
