using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Runs;

/// <summary>Closes a round: totals, cost, what is ticked off; more to do, or release of the lease with the outcome.</summary>
public sealed partial class RoundCloser(
    MainDatabase main,
    RagDatabase rag,
    RoundBooking booking,
    IOptions<RunsOptions> options,
    ILogger<RoundCloser> logger,
    IRunVerifier verifier)
{
    // Also the request for a full run that a truncated table leaves there.
    private const string HasDueChanges = """
        SELECT EXISTS (SELECT FROM rag_changes
                       WHERE cabinet_id = $1 AND (next_attempt_at IS NULL OR next_attempt_at <= clock_timestamp()))
        """;

    /// <summary>Books the round once; a repeat gives the same answer.</summary>
    /// <exception cref="NpgsqlException">A database does not answer; the call may be repeated.</exception>
    public async Task<RoundEnd> CloseAsync(FinishRoundInput input, CancellationToken cancellationToken)
    {
        // Read before the round is closed: what is queued later is the sweep's, what is queued now is seen.
        var dueChanges = await HasDueChangesAsync(input.CabinetId, cancellationToken);
        await using var connection = await rag.Source.OpenConnectionAsync(cancellationToken);
        var before = await RunRow.ReadAsync(connection, null, input.CabinetId, input.RunId, cancellationToken);

        // The figures of the end take a scan, and verifying takes a read of everything: outside the transaction.
        var figures = before is not null && !IsClosed(before, input) && Owns(before, input) && !GoesOn(before, input, dueChanges)
            ? await MeasureAsync(connection, before, input, cancellationToken)
            : null;

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await RunRow.ReadAsync(connection, transaction, input.CabinetId, input.RunId, cancellationToken) is not { } row)
        {
            return new RoundEnd(false, RunOutcome.Superseded);
        }

        if (IsClosed(row, input))
        {
            return row.IsFinished
                ? row is { Outcome: RunOutcome.Waiting, NotBefore: { } notBefore }
                    ? WaitingUntil(notBefore, row.Now)
                    : new RoundEnd(false, row.Outcome ?? RunOutcome.Superseded)
                : new RoundEnd(true, RunOutcome.Completed);
        }

        var end = Decide(row, input, dueChanges);
        if (!end.Again && end.Outcome != RunOutcome.Superseded)
        {
            figures ??= await MeasureAsync(connection, row, input, cancellationToken);
        }

        await booking.WriteAsync(connection, transaction, input, end, figures, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        if (!end.Again)
        {
            Ended(row.Mode.WireName(), input.CabinetId, end.Outcome, figures?.TotalChunks ?? 0, figures?.PendingChunks ?? 0);
        }

        return end;
    }

    private static bool IsClosed(RunRow row, FinishRoundInput input) => row.ClosedRounds >= input.Round;

    private static bool Owns(RunRow row, FinishRoundInput input) => row.Token == input.Token && row.LeaseRunId == input.RunId;

    private static bool GoesOn(RunRow row, FinishRoundInput input, bool dueChanges) =>
        input is { LastRound: false, ApplyFailed: false, RetryAt: null, StopError: null }
        && (dueChanges || row.HasDuePending || row.HasUnseenRequest);

    private RoundEnd Decide(RunRow row, FinishRoundInput input, bool dueChanges)
    {
        if (!Owns(row, input))
        {
            return new RoundEnd(false, RunOutcome.Superseded);
        }

        if (GoesOn(row, input, dueChanges))
        {
            return new RoundEnd(true, RunOutcome.Completed);
        }

        if (input.StopError is not null)
        {
            return new RoundEnd(false, RunOutcome.Failed, row.Now.AddMinutes(options.Value.PauseAfterFailureMinutes));
        }

        if (input.RetryAt is { } retryAt)
        {
            return WaitingUntil(retryAt, row.Now);
        }

        if (row.IsBlocked || input.Totals.Blocked.Count > 0)
        {
            return new RoundEnd(false, RunOutcome.Blocked);
        }

        var errors = row.FailedRows + row.FailedChunks + row.FailedBatches
            + input.Totals.FailedRows + input.Totals.FailedChunks + input.Totals.FailedBatches;
        return new RoundEnd(false, input.ApplyFailed || errors > 0 ? RunOutcome.CompletedWithErrors : RunOutcome.Completed);
    }

    private static RoundEnd WaitingUntil(DateTimeOffset notBefore, DateTimeOffset now) =>
        new(false, RunOutcome.Waiting, notBefore, notBefore > now ? notBefore - now : TimeSpan.Zero);

    private async Task<RunFigures> MeasureAsync(
        NpgsqlConnection connection, RunRow row, FinishRoundInput input, CancellationToken cancellationToken)
    {
        var counting = RunFigures.CountAsync(connection, input.CabinetId, cancellationToken);
        var healthy = input is { ApplyFailed: false, StopError: null, RetryAt: null };
        var verified = row.Mode == RunMode.Full && healthy
            ? await verifier.VerifyAsync(input.CabinetId, row.AsOf, counting, cancellationToken)
            : null;
        return await counting with { Verified = verified };
    }

    private async Task<bool> HasDueChangesAsync(long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = main.Source.CreateCommand(HasDueChanges);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = cabinetId });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    [LoggerMessage(4020, LogLevel.Information,
        "Finished {Mode} indexing for cabinet {CabinetId}: {Outcome}, {TotalChunks} chunks, {PendingChunks} pending")]
    private partial void Ended(string mode, long cabinetId, string outcome, long totalChunks, long pendingChunks);
}
