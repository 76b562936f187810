using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Leases;

/// <summary>The lease row of a cabinet: taken for a round, with a token that rises.</summary>
public sealed class RoundLease(RagDatabase rag, TimeProvider time)
{
    // What the state of the index demanded becomes a stored request, so that it outlives a run that dies.
    private const string Take = """
        UPDATE rag_index_status
        SET lease_owner = $2, lease_token = lease_token + 1, lease_run_id = $3, lease_round = $4,
            lease_heartbeat_at = clock_timestamp(), lease_expires_at = clock_timestamp() + $5,
            requested_mode = CASE WHEN $6 = 'incremental' THEN requested_mode ELSE $6 END,
            request_version = request_version + CASE WHEN $6 = 'incremental' OR requested_mode = $6 THEN 0 ELSE 1 END,
            requested_at = CASE WHEN $6 = 'incremental' THEN requested_at ELSE COALESCE(requested_at, clock_timestamp()) END,
            is_active = true, indexing_status = 'in_progress', not_before = NULL, last_run_id = $3, updated_at = clock_timestamp()
        WHERE cabinet_id = $1
        RETURNING lease_token, request_version
        """;

    private const string Supersede = """
        UPDATE rag_index_runs SET outcome = 'superseded', finished_at = clock_timestamp()
        WHERE run_id = $1 AND run_id <> $2 AND finished_at IS NULL
        """;

    private const string OpenRun = """
        INSERT INTO rag_index_runs (run_id, cabinet_id, mode, round_mode, owner, as_of, request_version, catch_up_started_at)
        VALUES ($1, $2, $3, $3, $4, $5, $6, $7)
        ON CONFLICT (run_id) DO UPDATE
        SET mode = CASE WHEN 'full_rebuild' IN (rag_index_runs.mode, EXCLUDED.mode) THEN 'full_rebuild'
                        WHEN 'catch_up' IN (rag_index_runs.mode, EXCLUDED.mode) THEN 'catch_up' ELSE 'incremental' END,
            round_mode = EXCLUDED.round_mode, as_of = EXCLUDED.as_of, request_version = EXCLUDED.request_version,
            catch_up_started_at = EXCLUDED.catch_up_started_at, outcome = NULL, finished_at = NULL
        """;

    /// <summary>Takes the lease for the round, or says why not.</summary>
    /// <param name="claim">Who asks.</param>
    /// <param name="terms">What holds for the lease that it gets.</param>
    /// <param name="modeOf">Decides the round's mode by the row as it is under the lock.</param>
    /// <param name="cancellationToken">Cancels waiting for the lock too.</param>
    internal async Task<LeaseAnswer> TakeAsync(
        LeaseClaim claim, LeaseTerms terms, Func<LeaseRow, RunMode> modeOf, CancellationToken cancellationToken)
    {
        await using var connection = await rag.Source.OpenConnectionAsync(cancellationToken);

        // A look without a lock first: a busy cabinet answers at once instead of waiting for the other run's sub-batches.
        var row = await LeaseRow.LookAsync(connection, claim, cancellationToken);
        var verdict = LeaseRules.Judge(row, claim);
        if (verdict != LeaseVerdict.Take)
        {
            return Answer(verdict, row);
        }

        try
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            row = await LeaseRow.LockAsync(transaction, claim, terms.LockTimeout, cancellationToken);
            verdict = LeaseRules.Judge(row, claim);
            if (verdict != LeaseVerdict.Take)
            {
                return Answer(verdict, row);
            }

            var mode = modeOf(row);
            var asOf = time.GetUtcNow();
            var token = await WriteAsync(connection, transaction, claim, terms, row, mode, asOf, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return new LeaseAnswer(LeaseVerdict.Take, token, mode, asOf, row);
        }
        catch (PostgresException exception) when (exception.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return new LeaseAnswer(LeaseVerdict.Busy, row.Token, RunMode.Incremental, default, row);
        }
    }

    private static LeaseAnswer Answer(LeaseVerdict verdict, LeaseRow row) =>
        new(verdict, row.Token, row.RoundMode ?? RunMode.Incremental, row.AsOf ?? default, row);

    private static async Task<long> WriteAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, LeaseClaim claim, LeaseTerms terms, LeaseRow row, RunMode mode,
        DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        long token, requestVersion;
        await using (var take = new NpgsqlCommand(Take, connection, transaction)
        {
            Parameters =
            {
                Parameter.Of<long>(claim.CabinetId),
                Parameter.Of<string>(claim.Owner),
                Parameter.Of<Guid>(claim.RunId),
                Parameter.Of<int>(claim.Round),
                Parameter.Of(terms.Length),
                Parameter.Of<string>(mode.WireName()),
            },
        })
        await using (var taken = await take.ExecuteReaderAsync(cancellationToken))
        {
            await taken.ReadAsync(cancellationToken);
            token = taken.GetInt64(0);
            requestVersion = taken.GetInt64(1);
        }

        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(Supersede)
                {
                    Parameters =
                    {
                        Parameter.Of(row.RunId),
                        Parameter.Of<Guid>(claim.RunId),
                    },
                },
                new NpgsqlBatchCommand(OpenRun)
                {
                    Parameters =
                    {
                        Parameter.Of<Guid>(claim.RunId),
                        Parameter.Of<long>(claim.CabinetId),
                        Parameter.Of<string>(mode.WireName()),
                        Parameter.Of<string>(claim.Owner),
                        Parameter.Of<DateTimeOffset>(asOf.ToUniversalTime()),
                        Parameter.Of<long>(requestVersion),
                        Parameter.Of<DateTimeOffset?>(mode == RunMode.Incremental ? null : terms.SourceNow.ToUniversalTime()),
                    },
                },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return token;
    }
}

/// <summary>A round that asks for the lease of its cabinet.</summary>
/// <param name="RunId">The run, the same for all its rounds.</param>
/// <param name="Round">1-based.</param>
/// <param name="Owner">The same owner with another run takes over at once, another owner only after the lease has expired.</param>
public sealed record LeaseClaim(long CabinetId, Guid RunId, int Round, string Owner);

/// <summary>What holds for a lease that is taken.</summary>
/// <param name="Length">It expires so long after its last heartbeat.</param>
/// <param name="LockTimeout">A take-over waits so long for the running sub-batches of the former owner; then the cabinet is busy.</param>
/// <param name="SourceNow">The main database's clock, read before the first row: where the next catch-up begins.</param>
internal sealed record LeaseTerms(TimeSpan Length, TimeSpan LockTimeout, DateTimeOffset SourceNow);

/// <summary>What came of asking for the lease.</summary>
/// <param name="Verdict">Taken, repeated, or why not.</param>
/// <param name="Token">The round's fencing token.</param>
/// <param name="Mode">The round's mode.</param>
/// <param name="AsOf">The round's business time.</param>
/// <param name="Row">The lease row as it was before.</param>
internal sealed record LeaseAnswer(LeaseVerdict Verdict, long Token, RunMode Mode, DateTimeOffset AsOf, LeaseRow Row);
