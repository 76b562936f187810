namespace RagFunctions.Core.Runs;

/// <summary>
/// What a run carries from round to round (the orchestrator's input, renewed by continue-as-new). Settings travel in it,
/// so that a replay never sees other values than the first execution did.
/// </summary>
/// <param name="CabinetId">The tenant.</param>
/// <param name="Owner">Who runs, for the lease: <c>durable:{instanceId}</c> or <c>cli:{machine}:{pid}:{guid}</c>.</param>
/// <param name="RunId">Null before the first round; see <see cref="Begun"/>.</param>
/// <param name="Round">The round to open, 1-based.</param>
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
