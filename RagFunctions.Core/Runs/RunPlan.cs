using System.Diagnostics.CodeAnalysis;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Store;

namespace RagFunctions.Core.Runs;

/// <summary>
/// The decisions of one round of a run: what to do next, how much at a time, when to stop, what follows. Pure and
/// deterministic: no clock, no I/O, no randomness; the same answers in the same order give the same steps. The orchestrator
/// and <see cref="InProcessDriver"/> ask <see cref="TryNext"/> until it says no, wait for any started step, report it, and
/// ask again; when <see cref="IsDone"/>, <see cref="End"/> says what follows.
/// </summary>
/// <remarks>
/// Started steps are always awaited: <see cref="IsDone"/> is false while one is under way, also after a stop. A stop
/// (lease lost, configuration error, provider asks to wait) starts nothing new, and the round is still finished.
/// </remarks>
public sealed class RunPlan
{
    /// <summary>A longer wait is not held: the run ends and the sweep starts it again. Two minutes.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    /// <summary>Timers a run may sleep through before it leaves the rest to the sweep.</summary>
    public const int MostWaits = 10;

    /// <summary>Rows of a round up to which it is done at one go: one page (<see cref="Store.RangePlanner.RowsPerRange"/>).</summary>
    public const int MostShortRows = Store.RangePlanner.RowsPerRange;

    /// <summary>Embedding requests of a round up to which it is done at one go: some ten seconds, far from the longest that a function may take.</summary>
    public const int MostShortIntervals = 8;

    private const int LongestError = 500;

    private readonly RunInput _input;
    private readonly Guid _runId;
    private readonly HashSet<RunStep> _running = new(ReferenceEqualityComparer.Instance);
    private readonly Queue<ChangeRange> _ranges = [];
    private readonly Queue<HashInterval> _intervals = [];
    private bool _isLarge;
    private bool _isNextLarge;
    private bool _nextPostponed;
    private readonly int _mostIntervals = int.MaxValue;

    private Phase _phase = Phase.Begin;
    private int _done;
    private int _total = 1;
    private BeginRoundResult? _start;
    private RoundTotals _totals = new();
    private long _pending;
    private bool _superseded;
    private bool _applyFailed;
    private bool _stepFailed;
    private string? _stopError;
    private string? _budget;
    private bool _storeFailed;
    private DateTimeOffset? _retryAt;
    private FinishRoundResult? _end;
    private string? _brokenBy;
    private PlanEmbeddingResult? _left;

    /// <param name="input">With <see cref="RunInput.RunId"/> set (<see cref="RunInput.Begun"/>).</param>
    /// <exception cref="ArgumentException">The run has no id, or a window or a number of rounds is below one.</exception>
    public RunPlan(RunInput input)
    {
        _input = input;
        _runId = input.RunId ?? throw new ArgumentException("a run needs its id before its first round: RunInput.Begun", nameof(input));
        if (input.ApplyWindow < 1 || input.EmbedWindow < 1 || input.Round < 1 || input.MaxRounds < 1)
        {
            throw new ArgumentException("windows, round and number of rounds start at 1", nameof(input));
        }
    }

    private RunPlan(RunRoundInput round)
        : this(round.Run)
    {
        _mostIntervals = MostShortIntervals;
        Begin(round.Start);
    }

    private enum Phase
    {
        Begin,
        Round,
        Apply,
        Plan,
        Embed,
        Finish,
        Ended,
    }

    /// <summary>The rest of a round that was begun by somebody else, up to its end or to an embedding that is too large for one activity.</summary>
    public static RunPlan OfRound(RunRoundInput round) => new(round);

    /// <summary>Of a plan made by <see cref="OfRound"/>, when it is done.</summary>
    /// <exception cref="InvalidOperationException">The round could not be booked.</exception>
    public RunRoundResult RoundResult => _brokenBy is null
        ? new RunRoundResult(_end, _totals, _left, _applyFailed, _stepFailed)
        : throw new InvalidOperationException(_brokenBy);

    /// <summary>Every started step is over and no step follows.</summary>
    public bool IsDone => _phase == Phase.Ended && _running.Count == 0;

    /// <summary>Where the round is.</summary>
    public RunProgress Progress => new(
        _phase.ToString().ToLowerInvariant(),
        _done,
        _total,
        _input.Round,
        _start?.Mode.WireName(),
        _totals.RowsRead,
        _totals.Embedded + _totals.Reused,
        _pending,
        _stopError ?? _totals.Error);

    private bool Stopped => _superseded || _stopError is not null || _budget is not null || _retryAt is not null;

    /// <summary>The next step to start now; false = wait for a started one, or the round is over.</summary>
    public bool TryNext([NotNullWhen(true)] out RunStep? step)
    {
        // What a phase of one step ends in is another phase: while nothing is under way, its step has not been started.
        step = _phase switch
        {
            Phase.Apply => NextRange(),
            Phase.Embed => NextInterval(),
            _ when _running.Count > 0 => null,
            Phase.Begin => new RunStep.BeginRound(new BeginRoundInput(_input.CabinetId, _runId, _input.Round, _input.Owner)),
            Phase.Round => new RunStep.RunRound(new RunRoundInput(_input, _start!)),
            Phase.Plan => new RunStep.PlanEmbedding(new PlanEmbeddingInput(_input.CabinetId, _runId, _start!.Token)),
            Phase.Finish => Finish(),
            _ => null,
        };
        if (step is not null)
        {
            _running.Add(step);
        }

        return step is not null;
    }

    /// <summary>Runs a step that <see cref="TryNext"/> gave. Awaits nothing but the task that <paramref name="steps"/> returns.</summary>
    /// <returns>Tells this plan the answer; to be called by the loop, one at a time.</returns>
    public async Task<Action> RunAsync(RunStep step, IRunSteps steps, CancellationToken cancellationToken)
    {
        switch (step)
        {
            case RunStep.BeginRound begin:
                var start = await steps.BeginAsync(begin.Input, cancellationToken);
                return () => Complete(begin, start);
            case RunStep.RunRound round:
                var done = await steps.RunRoundAsync(round.Input, cancellationToken);
                return () => Complete(round, done);
            case RunStep.ApplyChanges apply:
                var applied = await steps.ApplyAsync(apply.Input, cancellationToken);
                return () => Complete(apply, applied);
            case RunStep.PlanEmbedding planning:
                var planned = await steps.PlanAsync(planning.Input, cancellationToken);
                return () => Complete(planning, planned);
            case RunStep.EmbedBatch embed:
                var embedded = await steps.EmbedAsync(embed.Input, cancellationToken);
                return () => Complete(embed, embedded);
            case RunStep.FinishRound finish:
                var end = await steps.FinishAsync(finish.Input, cancellationToken);
                return () => Complete(finish, end);
            default:
                throw new NotSupportedException(step.GetType().Name);
        }
    }

    /// <summary>The round has begun, or cannot begin.</summary>
    public void Complete(RunStep.BeginRound step, BeginRoundResult result)
    {
        Over(step);
        _start = result;
        if (result.Status != BeginStatus.Started)
        {
            Enter(Phase.Ended, 0);
            return;
        }

        if (_input.ShortRounds && result.Rows <= MostShortRows)
        {
            Enter(Phase.Round, 1);
            return;
        }

        Begin(result);
    }

    /// <summary>A small round is over, or its embedding is left to be done in the ordinary way.</summary>
    public void Complete(RunStep.RunRound step, RunRoundResult result)
    {
        Over(step);
        _totals = Shortened(result.Totals);
        _applyFailed = result.ApplyFailed;
        _stepFailed = result.StepFailed;
        if (result.Left is { } left)
        {
            Plan(left);
            return;
        }

        _end = result.End;
        Enter(Phase.Ended, 0);
    }

    private void Begin(BeginRoundResult result)
    {
        _start = result;
        _totals = _totals with { Blocked = result.Held ?? [] };
        if (result.Unread is { Count: > 0 } unread)
        {
            _applyFailed = true;
            _stepFailed = true;
            _totals = _totals with { Error = Short(string.Join("; ", unread)) };
        }

        // Dependents print the product's stored name: in a full run products are finished before anything else starts.
        foreach (var range in result.Ranges.OrderBy(range => range.Entity != Entity.Products))
        {
            _ranges.Enqueue(range);
        }

        Enter(Phase.Apply, _ranges.Count);
        LeaveApplyWhenOver();
    }

    /// <summary>A range is applied.</summary>
    public void Complete(RunStep.ApplyChanges step, ApplyChangesResult result)
    {
        Over(step);
        _superseded |= result.Superseded;
        _totals = Shortened(_totals.Plus(result));
        _done++;
        LeaveApplyWhenOver();
    }

    /// <summary>Pending texts are cut into intervals.</summary>
    public void Complete(RunStep.PlanEmbedding step, PlanEmbeddingResult result)
    {
        Over(step);
        _superseded |= result.Superseded;
        if (result.Intervals.Count > _mostIntervals)
        {
            _left = result;
            Enter(Phase.Ended, 0);
            return;
        }

        Plan(result);
    }

    private void Plan(PlanEmbeddingResult result)
    {
        _pending = result.PendingChunks;
        _isLarge = result.Intervals.Count(interval => !interval.IsNext) > MostShortIntervals;
        // Whoever searches by the next generation waits for a change of his; while it is being built nobody waits for it.
        _isNextLarge = result.Builds;
        foreach (var interval in result.Intervals)
        {
            _intervals.Enqueue(interval);
        }

        Enter(Phase.Embed, _intervals.Count);
        LeaveEmbedWhenOver();
    }

    /// <summary>A batch is embedded, or the provider's answer says why not.</summary>
    public void Complete(RunStep.EmbedBatch step, EmbedBatchResult result)
    {
        Over(step);
        _superseded |= result.Superseded;
        _stopError ??= Short(result.StopError);
        _budget ??= result.Budget;
        _storeFailed |= result.StoreFailed;
        _stepFailed |= result.Error is not null;
        if (result.RetryAt is { } retryAt && (_retryAt is null || retryAt > _retryAt))
        {
            _retryAt = retryAt;
        }

        _totals = Shortened(_totals.Plus(result));
        _done++;
        if (result.Postponed)
        {
            PostponeNext();
        }

        LeaveEmbedWhenOver();
    }

    /// <summary>The round is booked.</summary>
    public void Complete(RunStep.FinishRound step, FinishRoundResult result)
    {
        Over(step);
        _end = result;
        Enter(Phase.Ended, 0);
    }

    /// <summary>A step failed for good (its retries are spent). Its work is still queued or pending; the rest of the round goes on.</summary>
    /// <param name="step">A started step.</param>
    /// <param name="message">What went wrong, without secrets.</param>
    public void Fail(RunStep step, string message)
    {
        Over(step);
        _stepFailed = true;
        var error = Short(message);
        switch (step)
        {
            case RunStep.ApplyChanges:
                _applyFailed = true;
                _totals = _totals with { Error = _totals.Error ?? error };
                _done++;
                LeaveApplyWhenOver();
                break;
            case RunStep.RunRound:
                // Whatever it did is done; what it did not do is still queued or pending.
                _applyFailed = true;
                _totals = _totals with { Error = error };
                Enter(Phase.Finish, 1);
                break;
            case RunStep.PlanEmbedding:
                _totals = _totals with { FailedBatches = _totals.FailedBatches + 1, Error = _totals.Error ?? error };
                Enter(Phase.Finish, 1);
                break;
            case RunStep.EmbedBatch:
                _totals = _totals with { FailedBatches = _totals.FailedBatches + 1, Error = _totals.Error ?? error };
                _done++;
                LeaveEmbedWhenOver();
                break;
            default:
                // Nobody holds an answer to act on: the lease runs out, or this owner's next run takes it over at once.
                _brokenBy = error;
                Enter(Phase.Ended, 0);
                break;
        }
    }

    /// <summary>What follows the round.</summary>
    /// <exception cref="InvalidOperationException">The round is not over.</exception>
    public RunEnding End()
    {
        if (!IsDone)
        {
            throw new InvalidOperationException($"round {_input.Round} of run {_runId} is in phase {_phase} with {_running.Count} steps under way");
        }

        if (_brokenBy is not null)
        {
            return Done(RunOutcome.Failed, null, _brokenBy);
        }

        if (_start!.Status != BeginStatus.Started)
        {
            return NotStarted(_start);
        }

        var more = _input.Round < _input.MaxRounds;
        if (_end!.Again && more)
        {
            return new RunEnding.Again(_input with { Round = _input.Round + 1 });
        }

        if (_end.Outcome == RunOutcome.Waiting && more && IsShort(_end.Wait))
        {
            return new RunEnding.Wait(_end.Wait!.Value, _input with { Round = _input.Round + 1, Waits = _input.Waits + 1 });
        }

        return Done(_end.Outcome, _end.NotBefore ?? _end.EmbeddingNotBefore, _stopError ?? _budget ?? _totals.Error);
    }

    private RunEnding NotStarted(BeginRoundResult start) => start.Status switch
    {
        // The round has not begun: the same one is asked for again.
        BeginStatus.NotYet when IsShort(start.Wait) =>
            new RunEnding.Wait(start.Wait!.Value, _input with { Waits = _input.Waits + 1 }),
        BeginStatus.NotYet => Done(RunOutcome.Waiting, start.NotBefore, start.Message),
        BeginStatus.Busy when _input.Round > 1 => Done(RunOutcome.Superseded, start.NotBefore, start.Message),
        BeginStatus.Refused => Done(RunOutcome.Failed, start.NotBefore, start.Message),
        _ => Done(RunOutcome.Skipped, start.NotBefore, start.Message),
    };

    private RunEnding.Done Done(string outcome, DateTimeOffset? notBefore, string? message) =>
        new(new RunSummary(_input.CabinetId, _runId, outcome, _input.Round, _input.StartedAt, notBefore, message));

    private bool IsShort(TimeSpan? wait) =>
        wait <= LongestWait && _input.Waits < MostWaits;

    private RunStep.ApplyChanges? NextRange()
    {
        if (Stopped || _running.Count >= _input.ApplyWindow || !_ranges.TryPeek(out var range))
        {
            return null;
        }

        if (_start!.Mode == RunMode.Full && range.Entity != Entity.Products && _running.Any(IsOfProducts))
        {
            return null;
        }

        _ranges.Dequeue();
        return new RunStep.ApplyChanges(new ApplyChangesInput(_input.CabinetId, _runId, _start.Token, _start.Mode, _start.AsOf, range));
    }

    private static bool IsOfProducts(RunStep step) => step is RunStep.ApplyChanges { Input.Range.Entity: Entity.Products };

    private RunStep.EmbedBatch? NextInterval() =>
        !Stopped && _running.Count < _input.EmbedWindow && _intervals.TryDequeue(out var interval)
            ? new RunStep.EmbedBatch(new EmbedBatchInput(
                _input.CabinetId, _runId, _start!.Token, interval, interval.IsNext ? _isNextLarge : _isLarge))
            : null;

    private RunStep.FinishRound Finish()
    {
        // After a failed step another round at once would meet the same trouble: the sweep brings the next try, a minute later.
        var last = _input.Round >= _input.MaxRounds || _stepFailed;
        return new RunStep.FinishRound(new FinishRoundInput(
            _input.CabinetId, _runId, _input.Round, _start!.Token, _totals, _applyFailed, _retryAt, _stopError, last, _start.Mode, _budget, _storeFailed,
            _start.Unread is { Count: > 0 }, _nextPostponed));
    }

    // The others of the next generation would meet the same; those of the active one go on.
    private void PostponeNext()
    {
        _nextPostponed = true;
        for (var left = _intervals.Count; left > 0; left--)
        {
            var interval = _intervals.Dequeue();
            if (!interval.IsNext)
            {
                _intervals.Enqueue(interval);
            }
        }
    }

    private void LeaveApplyWhenOver()
    {
        if (_running.Count == 0 && (Stopped || _ranges.Count == 0))
        {
            Enter(Stopped ? Phase.Finish : Phase.Plan, 1);
        }
    }

    private void LeaveEmbedWhenOver()
    {
        if (_running.Count == 0 && (Stopped || _intervals.Count == 0))
        {
            Enter(Phase.Finish, 1);
        }
    }

    private void Enter(Phase phase, int total)
    {
        _phase = phase;
        _done = 0;
        _total = total;
    }

    private void Over(RunStep step)
    {
        if (!_running.Remove(step))
        {
            throw new InvalidOperationException($"{step.GetType().Name} was not started by this plan, or is over already");
        }
    }

    private static RoundTotals Shortened(RoundTotals totals) => totals with { Error = Short(totals.Error) };

    private static string? Short(string? text) => text is { Length: > LongestError } ? text[..LongestError] : text;
}

/// <summary>One thing to do, handed out by <see cref="RunPlan"/>: an activity of the orchestrator, a call of the in-process driver.</summary>
public abstract record RunStep
{
    private RunStep()
    {
    }

    /// <summary>Take the lease, decide the mode, cut the ranges.</summary>
    public sealed record BeginRound(BeginRoundInput Input) : RunStep;

    /// <summary>Do the whole of a small round.</summary>
    public sealed record RunRound(RunRoundInput Input) : RunStep;

    /// <summary>Bring the chunks of one range up to date.</summary>
    public sealed record ApplyChanges(ApplyChangesInput Input) : RunStep;

    /// <summary>Cut what is pending into intervals.</summary>
    public sealed record PlanEmbedding(PlanEmbeddingInput Input) : RunStep;

    /// <summary>Embed what is pending in one interval.</summary>
    public sealed record EmbedBatch(EmbedBatchInput Input) : RunStep;

    /// <summary>Book the totals; release the lease unless another round follows.</summary>
    public sealed record FinishRound(FinishRoundInput Input) : RunStep;
}

/// <summary>What follows when every step of a round is over.</summary>
public abstract record RunEnding
{
    private RunEnding()
    {
    }

    /// <summary>Go on at once with <paramref name="Next"/> (continue-as-new).</summary>
    public sealed record Again(RunInput Next) : RunEnding;

    /// <summary>Sleep for <paramref name="Time"/>, at most <see cref="RunPlan.LongestWait"/>, then go on with <paramref name="Next"/>.</summary>
    public sealed record Wait(TimeSpan Time, RunInput Next) : RunEnding;

    /// <summary>The run is over.</summary>
    public sealed record Done(RunSummary Summary) : RunEnding;
}
