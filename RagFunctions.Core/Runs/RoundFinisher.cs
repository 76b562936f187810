using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Store;

namespace RagFunctions.Core.Runs;

/// <summary>
/// Finishes a round: adds its sums to the run, removes the requests that it served, and decides what follows. Either another round
/// follows, or the run ends with an outcome and gives its lease back.
/// </summary>
public sealed partial class RoundFinisher(
    MainDatabase main,
    RagDatabase rag,
    FirstSync firstSync,
    RoundBooking booking,
    IOptions<RunsOptions> options,
    ILogger<RoundFinisher> logger,
    IRunVerifier verifier,
    Embedders embedders,
    GenerationMove move)
{
    // Also the request for a full run that a truncated table leaves there.
    private const string HasDueChanges = """
        SELECT EXISTS (SELECT FROM rag_changes
                       WHERE cabinet_id = $1 AND (next_attempt_at IS NULL OR next_attempt_at <= clock_timestamp()))
        """;

    /// <summary>Books the round once; a repeat gives the same answer.</summary>
    /// <exception cref="NpgsqlException">A database does not answer; the call may be repeated.</exception>
    public async Task<FinishRoundResult> FinishAsync(FinishRoundInput input, CancellationToken cancellationToken)
    {
        var end = await ObservedStep.RunAsync("finish_round", input.CabinetId, input.RunId, () => FinishRoundAsync(input, cancellationToken));
        if (!end.Again)
        {
            RagTelemetry.Runs.Add(
                1, RagTelemetry.Cabinet(input.CabinetId), KeyValuePair.Create<string, object?>(RagTelemetry.RunOutcome, end.Outcome));
        }

        return end;
    }

    private async Task<FinishRoundResult> FinishRoundAsync(FinishRoundInput input, CancellationToken cancellationToken)
    {
        // Read before the round is booked. A change queued later is found by the sweep, which sees that no run is under way.
        var dueChanges = await HasDueChangesAsync(input.CabinetId, cancellationToken);
        await using var connection = await rag.Source.OpenConnectionAsync(cancellationToken);
        var before = await RunRow.ReadAsync(connection, null, input.CabinetId, input.RunId, embedders.Keys, cancellationToken);

        // The figures of the end take a scan, and verifying takes a read of everything: outside the transaction.
        var measured = before is not null && !IsBooked(before, input) && Owns(before, input) && !GoesOn(before, input, dueChanges)
            ? await MeasureAsync(connection, before, input, cancellationToken)
            : null;

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await RunRow.ReadAsync(connection, transaction, input.CabinetId, input.RunId, embedders.Keys, cancellationToken) is not { } row)
        {
            return new FinishRoundResult(false, RunOutcome.Superseded);
        }

        if (IsBooked(row, input))
        {
            return row.IsFinished
                ? row is { Outcome: RunOutcome.Waiting, EmbeddingNotBefore: { } until }
                    ? WaitingUntil(until, row.Now)
                    : new FinishRoundResult(false, row.Outcome ?? RunOutcome.Superseded)
                : new FinishRoundResult(true, RunOutcome.Completed);
        }

        var end = Decide(row, input, dueChanges);
        if (IsHeld(row, input))
        {
            input = input with { StopError = row.LastingError };
        }

        if (!end.Again && end.Outcome != RunOutcome.Superseded)
        {
            measured ??= await MeasureAsync(transaction, row, input, cancellationToken);
        }

        var figures = measured?.Figures;
        if (measured?.Failure is { } failure)
        {
            input = input with { Totals = input.Totals with { Error = input.Totals.Error ?? failure } };
            end = end.Outcome == RunOutcome.Completed ? end with { Outcome = RunOutcome.CompletedWithErrors } : end;
        }

        await booking.WriteAsync(connection, transaction, input, end, figures, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        if (!end.Again)
        {
            // After the booking: a run is over whether its cabinet moves or not, and the sweep asks again for one that could not.
            await MoveAsync(input.CabinetId, cancellationToken);
            Ended(row.Mode.WireName(), input.CabinetId, end.Outcome, figures?.TotalChunks ?? 0, figures?.PendingChunks ?? 0);
        }

        return end;
    }

    private async Task MoveAsync(long cabinetId, CancellationToken cancellationToken)
    {
        try
        {
            await move.TryAsync(cabinetId, cancellationToken);
        }
        catch (NpgsqlException error)
        {
            NotMoved(cabinetId, error);
        }
    }

    private static bool IsBooked(RunRow row, FinishRoundInput input) => row.FinishedRounds >= input.Round;

    private static bool Owns(RunRow row, FinishRoundInput input) => row.Token == input.Token && row.LeaseRunId == input.RunId;

    private static bool GoesOn(RunRow row, FinishRoundInput input, bool dueChanges) =>
        input is { LastRound: false, ApplyFailed: false, RetryAt: null, StopError: null, Budget: null }
        && (dueChanges || row.HasDuePending || (row.HasDueNext && !input.NextPostponed) || row.HasUnseenRequest);

    private FinishRoundResult Decide(RunRow row, FinishRoundInput input, bool dueChanges)
    {
        if (!Owns(row, input))
        {
            return new FinishRoundResult(false, RunOutcome.Superseded);
        }

        if (GoesOn(row, input, dueChanges))
        {
            return new FinishRoundResult(true, RunOutcome.Completed);
        }

        // What reads everything is asked for again as long as a part of it fails: not every minute.
        var readsAgain = input.EntityUnread || (input.ApplyFailed && input.Mode == RunMode.Full);
        return End(row, input) with { NotBefore = readsAgain ? row.Now.AddMinutes(options.Value.PauseAfterFailureMinutes) : null };
    }

    // What embedding waits for holds back nothing else: texts and deletions of the next minutes are applied by the next runs.
    private FinishRoundResult End(RunRow row, FinishRoundInput input)
    {
        if (input.StopError is not null)
        {
            return new FinishRoundResult(false, RunOutcome.Failed) { EmbeddingNotBefore = row.Now + PauseAfterFailure(row, input) };
        }

        if (IsHeld(row, input))
        {
            return new FinishRoundResult(false, RunOutcome.Failed) { EmbeddingNotBefore = row.EmbeddingNotBefore };
        }

        if (input.Budget is not null)
        {
            return new FinishRoundResult(false, RunOutcome.WaitingForBudget);
        }

        if (input.EntityUnread)
        {
            return new FinishRoundResult(false, RunOutcome.Failed) { EmbeddingNotBefore = input.RetryAt };
        }

        if (input.RetryAt is { } retryAt)
        {
            return WaitingUntil(retryAt, row.Now);
        }

        if (row.IsBlocked || input.Totals.Blocked.Count > 0)
        {
            return new FinishRoundResult(false, RunOutcome.Blocked);
        }

        var errors = row.FailedRows + row.FailedChunks + row.FailedBatches
            + input.Totals.FailedRows + input.Totals.FailedChunks + input.Totals.FailedBatches;
        return new FinishRoundResult(false, input.ApplyFailed || errors > 0 ? RunOutcome.CompletedWithErrors : RunOutcome.Completed);
    }

    // Within the pause after an error nothing is asked again, so the error still holds.
    private static bool IsHeld(RunRow row, FinishRoundInput input) =>
        input is { StopError: null, RetryAt: not null, Totals.Requests: 0 } && row.LastingError is not null;

    // A database that takes no vectors costs money with each try: the pause doubles from failure to failure, up to a day.
    private TimeSpan PauseAfterFailure(RunRow row, FinishRoundInput input)
    {
        var minutes = options.Value.PauseAfterFailureMinutes;
        return TimeSpan.FromMinutes(input.StoreFailed ? Math.Min(1_440, minutes * Math.Pow(2, Math.Min(row.StoreFailures, 10))) : minutes);
    }

    private static FinishRoundResult WaitingUntil(DateTimeOffset until, DateTimeOffset now) =>
        new(false, RunOutcome.Waiting, Wait: until > now ? until - now : TimeSpan.Zero) { EmbeddingNotBefore = until };

    private async Task<Measured> MeasureAsync(
        NpgsqlTransaction transaction, RunRow row, FinishRoundInput input, CancellationToken cancellationToken)
    {
        const string before = "measuring";
        await transaction.SaveAsync(before, cancellationToken);
        var measured = await MeasureAsync(transaction.Connection!, row, input, cancellationToken);
        if (measured.Failure is not null)
        {
            await transaction.RollbackAsync(before, cancellationToken);
        }

        return measured;
    }

    /// <summary>A run that cannot be measured or verified ends all the same, gives its lease back and says so.</summary>
    private async Task<Measured> MeasureAsync(
        NpgsqlConnection connection, RunRow row, FinishRoundInput input, CancellationToken cancellationToken)
    {
        RunFigures? figures = null;
        try
        {
            var counting = RunFigures.CountAsync(connection, input.CabinetId, cancellationToken);
            var verifying = row.Mode == RunMode.Full && input is { ApplyFailed: false, StopError: null, RetryAt: null, Budget: null }
                ? verifier.VerifyAsync(input.CabinetId, row.AsOf, counting, cancellationToken)
                : null;

            // First this one, whatever becomes of the other: the connection is needed again.
            figures = await counting;
            return new Measured(verifying is null ? figures : figures with { Verified = await verifying }, null);
        }
        catch (NpgsqlException error) when (StatementFailure.Is(error))
        {
            NotMeasured(input.CabinetId, error);
            return new Measured(figures, $"the index cannot be {(figures is null ? "counted" : "verified")}: {StatementFailure.Describe(error)}");
        }
    }

    // Where it cannot be read the run ends, and the sweep asks again. While the cabinet is read for the first time its changes are left to the
    // run that the end of the sync starts: a sweep may have begun this one before the first row was there.
    private async Task<bool> HasDueChangesAsync(long cabinetId, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = main.Source.CreateCommand(HasDueChanges);
            command.Parameters.Add(Parameter.Of<long>(cabinetId));
            return (bool)(await command.ExecuteScalarAsync(cancellationToken))! && !await firstSync.IsUnderWayAsync(cabinetId, cancellationToken);
        }
        catch (NpgsqlException error) when (StatementFailure.Is(error))
        {
            return false;
        }
    }

    private sealed record Measured(RunFigures? Figures, string? Failure);

    [LoggerMessage(4021, LogLevel.Error, "The index of cabinet {CabinetId} cannot be counted and verified")]
    private partial void NotMeasured(long cabinetId, Exception error);

    [LoggerMessage(4022, LogLevel.Warning, "The search of cabinet {CabinetId} could not be moved to the next generation of vectors; the sweep tries again")]
    private partial void NotMoved(long cabinetId, Exception error);

    [LoggerMessage(4020, LogLevel.Information,
        "Finished {Mode} indexing for cabinet {CabinetId}: {Outcome}, {TotalChunks} chunks, {PendingChunks} pending")]
    private partial void Ended(string mode, long cabinetId, string outcome, long totalChunks, long pendingChunks);
}

/// <summary>Input of the activity FinishRound. Repeating a known (run, round) changes nothing and gives the same answer.</summary>
/// <param name="Round">The round to finish.</param>
/// <param name="Token">The round's fencing token.</param>
/// <param name="Totals">Sums of this round.</param>
/// <param name="ApplyFailed">A range failed as a whole (for example a locked table): the round's changes are still queued.</param>
/// <param name="RetryAt">The provider asks to wait.</param>
/// <param name="StopError">The run must stop with this error.</param>
/// <param name="LastRound">No further round may follow in this run.</param>
/// <param name="Mode">The mode this round had (<see cref="BeginRoundResult.Mode"/>): what it may tick off.</param>
/// <param name="Budget">A daily budget is spent, and which.</param>
/// <param name="StoreFailed">With <paramref name="StopError"/>: it is the database that takes no vectors.</param>
/// <param name="EntityUnread">The table of an entity could not be read when the round was planned: the run has failed, whatever it did.</param>
/// <param name="NextPostponed">What waits for the next generation of vectors is for a later run.</param>
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
    RunMode Mode = RunMode.Incremental,
    string? Budget = null,
    bool StoreFailed = false,
    bool EntityUnread = false,
    bool NextPostponed = false);

/// <summary>Sums over the steps of one round.</summary>
public sealed record RoundTotals
{
    public long RowsRead { get; init; }
    public long New { get; init; }
    public long Updated { get; init; }
    public long Unchanged { get; init; }
    public long Deleted { get; init; }
    public long FailedRows { get; init; }
    public long FailedChunks { get; init; }
    public long Embedded { get; init; }
    public long Reused { get; init; }
    public long Requests { get; init; }
    public long Inputs { get; init; }
    public long Tokens { get; init; }

    /// <summary>US dollars that they cost.</summary>
    public decimal Usd { get; init; }
    public long FailedBatches { get; init; }
    public long ReadMs { get; init; }
    public long RenderMs { get; init; }
    public long EmbedMs { get; init; }
    public long SaveMs { get; init; }

    /// <summary>Entities the guard held back, each once.</summary>
    public IReadOnlyList<BlockedEntity> Blocked { get; init; } = [];

    /// <summary>The first error met, for <c>last_error</c>.</summary>
    public string? Error { get; init; }

    /// <summary>These sums plus one applied range.</summary>
    public RoundTotals Plus(ApplyChangesResult result) => this with
    {
        RowsRead = RowsRead + result.RowsRead,
        New = New + result.New,
        Updated = Updated + result.Updated,
        Unchanged = Unchanged + result.Unchanged,
        Deleted = Deleted + result.Deleted,
        FailedRows = FailedRows + result.FailedRows,
        ReadMs = ReadMs + result.ReadMs,
        RenderMs = RenderMs + result.RenderMs,
        SaveMs = SaveMs + result.SaveMs,
        Blocked = result.Blocked is null || Blocked.Any(b => b.Entity == result.Blocked.Entity) ? Blocked : [.. Blocked, result.Blocked],
        Error = Error ?? result.Error,
    };

    /// <summary>These sums plus one embedded interval.</summary>
    public RoundTotals Plus(EmbedBatchResult result) => this with
    {
        Embedded = Embedded + result.Embedded,
        Reused = Reused + result.Reused,
        FailedChunks = FailedChunks + result.FailedChunks,
        Requests = Requests + result.Requests,
        Inputs = Inputs + result.Inputs,
        Tokens = Tokens + result.Tokens,
        Usd = Usd + result.Usd,
        // One that has to wait is tried again; if nobody waits for it, the run's outcome says so.
        FailedBatches = FailedBatches + (result.Error is null && result.StopError is null ? 0 : 1),
        EmbedMs = EmbedMs + result.EmbedMs,
        SaveMs = SaveMs + result.SaveMs,
        Error = Error ?? result.StopError ?? result.Error,
    };
}

/// <summary>Result of the activity FinishRound.</summary>
/// <param name="Again">More is due and another round may follow at once.</param>
/// <param name="Outcome">One of <see cref="RunOutcome"/>; final unless <paramref name="Again"/>.</param>
/// <param name="NotBefore">The cabinet is left alone until then, by the clock of the index database: what failed would read everything again.</param>
/// <param name="Wait">With <see cref="RunOutcome.Waiting"/>: how long embedding waits. An orchestrator waits by another clock, so it needs the length.</param>
/// <param name="EmbeddingNotBefore">Nothing of the cabinet is embedded before, by the clock of the index database. Changes are applied meanwhile.</param>
public sealed record FinishRoundResult(
    bool Again, string Outcome, DateTimeOffset? NotBefore = null, TimeSpan? Wait = null, DateTimeOffset? EmbeddingNotBefore = null);
