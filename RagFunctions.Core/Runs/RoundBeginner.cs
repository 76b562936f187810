using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Leases;
using RagFunctions.Core.Store;

namespace RagFunctions.Core.Runs;

/// <summary>Begins a round: lease and token, mode, expired chunks, catch-up, ranges.</summary>
public sealed partial class RoundBeginner(
    SourceFactsReader facts,
    WorkerClock clock,
    RoundLease lease,
    RoundExpiry expiry,
    CatchUpQueue catchUp,
    ChangeQueue queue,
    CabinetActivity activity,
    RangePlanner planner,
    IndexEmbedder embedder,
    RefusalBooking refused,
    IOptions<RunsOptions> options,
    ILogger<RoundBeginner> logger)
{
    /// <summary>Begins the round, or says why not. Repeating a known (run, round) gives the same token, mode and business time.</summary>
    /// <exception cref="Npgsql.NpgsqlException">A database does not answer; the call may be repeated.</exception>
    public Task<BeginRoundResult> BeginAsync(BeginRoundInput input, CancellationToken cancellationToken) =>
        ObservedStep.RunAsync("begin_round", input.CabinetId, input.RunId, () => BeginOrBookAsync(input, cancellationToken));

    /// <summary>A round that no repetition would open ends like any failed one, instead of holding its lease until that expires.</summary>
    private async Task<BeginRoundResult> BeginOrBookAsync(BeginRoundInput input, CancellationToken cancellationToken)
    {
        try
        {
            return await BeginRoundAsync(input, cancellationToken);
        }
        catch (NpgsqlException error) when (StatementFailure.Is(error))
        {
            var message = $"the round cannot be opened: {StatementFailure.Describe(error)}";
            NotOpened(input.CabinetId, error);
            return NotStarted(BeginStatus.Refused, message, await refused.BookAsync(input, message, cancellationToken));
        }
    }

    private async Task<BeginRoundResult> BeginRoundAsync(BeginRoundInput input, CancellationToken cancellationToken)
    {
        var source = await facts.ReadAsync(input.CabinetId, cancellationToken);
        if (!source.IsActive)
        {
            await activity.DeactivateAsync(input.CabinetId, cancellationToken);
            return NotStarted(BeginStatus.Inactive, $"cabinet {input.CabinetId} is unknown or not active");
        }

        if (clock.Complaint(source.Now) is { } complaint)
        {
            ClockIsWrong(complaint);
            return NotStarted(BeginStatus.Refused, complaint, await refused.BookAsync(input, complaint, TimeSpan.FromMinutes(1), cancellationToken));
        }

        try
        {
            await embedder.CheckAsync(cancellationToken);
        }
        catch (EmbedderMismatchException refusal)
        {
            return NotStarted(BeginStatus.Refused, refusal.Message, await refused.BookAsync(input, refusal.Message, cancellationToken));
        }

        var answer = await lease.TakeAsync(
            new LeaseClaim(input.CabinetId, input.RunId, input.Round, input.Owner),
            new LeaseTerms(options.Value.Lease, TimeSpan.FromSeconds(options.Value.LockTimeoutSeconds), source.Now),
            row => RoundMode.Of(row, source, input.CabinetId, options.Value),
            cancellationToken);
        switch (answer.Verdict)
        {
            case LeaseVerdict.Busy:
                return NotStarted(
                    BeginStatus.Busy, $"cabinet {input.CabinetId} is being indexed by {answer.Row.Owner}", answer.Row.ExpiresAt);
            case LeaseVerdict.Over:
                return NotStarted(BeginStatus.Busy, $"round {input.Round} of run {input.RunId} is over, or the run was taken over");
            case LeaseVerdict.NotYet:
                return NotStarted(
                    BeginStatus.NotYet, $"cabinet {input.CabinetId} waits", answer.Row.NotBefore, answer.Row.NotBefore - answer.Row.Now);
            case LeaseVerdict.Take when answer.Mode == RunMode.Full:
                FullStarted(input.CabinetId);
                break;
        }

        // The queue's request is a stored one now. In a repeat it may be a newer one, which nobody has stored yet: it stays.
        if (answer.Verdict == LeaseVerdict.Take && source.FullRequestVersion is { } version)
        {
            await queue.DeleteFullRequestAsync(input.CabinetId, version, cancellationToken);
        }

        var held = await expiry.DeleteAsync(input, answer.Token, answer.AsOf, answer.Row.AllowMassDelete, cancellationToken);
        var plan = await PlanAsync(input, answer, cancellationToken);
        var ranges = held.Count == 0
            ? plan.Ranges
            : [.. plan.Ranges.Select(range => held.Any(one => one.Entity == range.Entity) ? range with { DeletesAllowed = false } : range)];
        return new BeginRoundResult(
            BeginStatus.Started, answer.Token, answer.Mode, answer.AsOf, ranges, Rows: plan.Rows, Unread: plan.Failures, Held: held);
    }

    private async Task<RangePlan> PlanAsync(BeginRoundInput input, LeaseAnswer answer, CancellationToken cancellationToken)
    {
        if (answer.Mode == RunMode.Full)
        {
            return await planner.PlanFullAsync(input.CabinetId, answer.AsOf, answer.Row.AllowMassDelete, cancellationToken);
        }

        IReadOnlyList<string> unread = [];
        if (answer is { Mode: RunMode.CatchUp, Row.CatchUpFrom: { } from })
        {
            var since = from.AddMinutes(-options.Value.CatchUpOverlapMinutes);
            unread = (await catchUp.EnqueueAsync(input.CabinetId, since, cancellationToken)).Failures;
        }

        var plan = await planner.PlanDeltaAsync(input.CabinetId, answer.Row.AllowMassDelete, cancellationToken);
        return plan with { Failures = [.. unread.Union(plan.Failures)] };
    }

    private static BeginRoundResult NotStarted(BeginStatus status, string message, DateTimeOffset? notBefore = null, TimeSpan? wait = null) =>
        new(status, 0, RunMode.Incremental, default, [], notBefore, message, wait);

    [LoggerMessage(4010, LogLevel.Information, "Starting full_rebuild indexing for cabinet {CabinetId}")]
    private partial void FullStarted(long cabinetId);

    [LoggerMessage(4012, LogLevel.Error, "{Complaint}")]
    private partial void ClockIsWrong(string complaint);

    [LoggerMessage(4011, LogLevel.Error, "The round of cabinet {CabinetId} cannot be opened")]
    private partial void NotOpened(long cabinetId, Exception error);
}

/// <summary>Input of the activity BeginRound.</summary>
/// <param name="RunId">Made by the orchestrator, the same for all rounds of a run; repeating a known (run, round) changes nothing.</param>
/// <param name="Round">1-based.</param>
/// <param name="Owner">Who runs: the same owner with another run takes over at once, another owner only after the lease has expired.</param>
public sealed record BeginRoundInput(long CabinetId, Guid RunId, int Round, string Owner);

/// <summary>Result of the activity BeginRound: what to do, in a few kilobytes at any size of cabinet.</summary>
/// <param name="Status">Whether work follows.</param>
/// <param name="Token">Fencing token; every later step of the round carries it.</param>
/// <param name="Mode">The mode decided: the strongest of what is stored and what the state of the index demands.</param>
/// <param name="AsOf">Business time of the round (90-day rule, expiry), taken once.</param>
/// <param name="Ranges">The parts of the work, disjoint; products come first. At most 200.</param>
/// <param name="NotBefore">With <see cref="BeginStatus.NotYet"/> or <see cref="BeginStatus.Busy"/>: when to look again, by the clock of the index database; for people.</param>
/// <param name="Message">With anything but <see cref="BeginStatus.Started"/>: why, for the operator.</param>
/// <param name="Wait">With <see cref="BeginStatus.NotYet"/>: how long until then. An orchestrator waits by another clock, so it needs the length.</param>
/// <param name="Rows">Distinct rows that the ranges cover.</param>
/// <param name="Held">Entities of which more than half would expire at once: none of their chunks is deleted.</param>
/// <param name="Unread">Why entities are left out whose table cannot be read: the others go on, and the run ends as failed.</param>
public sealed record BeginRoundResult(
    BeginStatus Status,
    long Token,
    RunMode Mode,
    DateTimeOffset AsOf,
    IReadOnlyList<ChangeRange> Ranges,
    DateTimeOffset? NotBefore = null,
    string? Message = null,
    TimeSpan? Wait = null,
    long Rows = 0,
    IReadOnlyList<string>? Unread = null,
    IReadOnlyList<BlockedEntity>? Held = null);

/// <summary>Whether a round has begun.</summary>
public enum BeginStatus
{
    /// <summary>The lease is held; work follows.</summary>
    Started = 0,

    /// <summary>Another owner holds the lease; nothing was done. The stored request and the queue keep the work.</summary>
    Busy = 1,

    /// <summary>The cabinet is unknown or not active: its queue rows were dropped, its chunks are hidden from search.</summary>
    Inactive = 2,

    /// <summary>The run may not begin before <see cref="BeginRoundResult.NotBefore"/>.</summary>
    NotYet = 3,

    /// <summary>The run cannot begin at all, for example because the index belongs to another embedding model, or because a statement fails.</summary>
    Refused = 4,
}
