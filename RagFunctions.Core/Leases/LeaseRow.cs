using System.Globalization;
using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Leases;

/// <summary>What <c>rag_index_status</c> and the run's own row say when a round is to begin; times by the index database's clock.</summary>
internal sealed record LeaseRow(
    DateTimeOffset Now,
    string? Owner,
    long Token,
    Guid? RunId,
    int? Round,
    DateTimeOffset? ExpiresAt,
    DateTimeOffset? NotBefore,
    RunMode? Requested,
    long RequestVersion,
    bool AllowMassDelete,
    bool IsActive,
    DateTimeOffset? FullCompletedAt,
    int FullRendererVersion,
    DateTimeOffset? CatchUpFrom,
    DateTimeOffset? LastCatchUpAt,
    DateTimeOffset? AsOf,
    RunMode? RoundMode,
    int FinishedRounds,
    string? Outcome)
{
    /// <summary>$1 cabinet, $2 run.</summary>
    private const string Select = """
        SELECT clock_timestamp() AS now, s.lease_owner, s.lease_token, s.lease_run_id, s.lease_round, s.lease_expires_at, s.not_before,
               s.requested_mode, s.request_version, s.allow_mass_delete, s.is_active, s.full_completed_at, s.full_renderer_version,
               s.catch_up_from, s.last_catch_up_at, r.as_of, r.round_mode, COALESCE(r.rounds, 0) AS rounds, r.outcome
        FROM rag_index_status AS s
        LEFT JOIN rag_index_runs AS r ON r.run_id = $2
        WHERE s.cabinet_id = $1
        """;

    // A statement of its own: after waiting, the next one sees what the former holder committed. One statement that locked and read
    // would join the status as it is now with the run as it was before the wait, and a repeat would forget its mode.
    private const string Lock = "SELECT FROM rag_index_status WHERE cabinet_id = $1 FOR UPDATE";

    private const string EnsureRow =
        "INSERT INTO rag_index_status (cabinet_id, indexing_status) VALUES ($1, 'pending') ON CONFLICT (cabinet_id) DO NOTHING";

    // Neither side may hold the other for ever: not a sub-batch that stalls, nor a take-over whose process is frozen.
    private const string BoundWaits =
        "SELECT set_config('lock_timeout', $1, true), set_config('idle_in_transaction_session_timeout', $1, true)";

    private static readonly LeaseRow None = new(
        default, null, 0, null, null, null, null, null, 0, false, true, null, 0, null, null, null, null, 0, null);

    /// <summary>Somebody holds a lease that has not expired.</summary>
    public bool IsHeld => Owner is not null && ExpiresAt > Now;

    /// <summary>Another run took the lease from this run: it never comes back.</summary>
    public bool WasSuperseded => Outcome == "superseded";

    /// <summary>Reads the row without a lock; a cabinet without one has never been indexed. One round trip.</summary>
    /// <param name="connection">An open connection of the index database.</param>
    /// <param name="claim">Cabinet and run.</param>
    public static async Task<LeaseRow> LookAsync(NpgsqlConnection connection, LeaseClaim claim, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlBatch(connection) { BatchCommands = { SelectCommand(claim) } };
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        return await ReadAsync(row, cancellationToken);
    }

    /// <summary>
    /// First statements of the transaction, one round trip: makes the row if there is none, locks it, which waits for every running
    /// sub-batch, and reads it.
    /// </summary>
    /// <param name="transaction">Just begun.</param>
    /// <param name="claim">Cabinet and run.</param>
    /// <param name="longestWait">For a lock, and for the next statement of this transaction.</param>
    /// <exception cref="PostgresException">55P03: a sub-batch held the row for longer than that.</exception>
    public static async Task<LeaseRow> LockAsync(
        NpgsqlTransaction transaction, LeaseClaim claim, TimeSpan longestWait, CancellationToken cancellationToken)
    {
        var milliseconds = ((long)longestWait.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        await using var batch = new NpgsqlBatch(transaction.Connection, transaction)
        {
            BatchCommands =
            {
                new NpgsqlBatchCommand(BoundWaits) { Parameters = { Parameter.Of<string>(milliseconds) } },
                new NpgsqlBatchCommand(EnsureRow) { Parameters = { Parameter.Of<long>(claim.CabinetId) } },
                new NpgsqlBatchCommand(Lock) { Parameters = { Parameter.Of<long>(claim.CabinetId) } },
                SelectCommand(claim),
            },
        };
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);

        // Of the first three the settings and the lock have a result.
        await row.NextResultAsync(cancellationToken);
        await row.NextResultAsync(cancellationToken);
        return await ReadAsync(row, cancellationToken);
    }

    private static NpgsqlBatchCommand SelectCommand(LeaseClaim claim) => new(Select)
    {
        Parameters =
        {
            Parameter.Of<long>(claim.CabinetId),
            Parameter.Of<Guid>(claim.RunId),
        },
    };

    private static async Task<LeaseRow> ReadAsync(NpgsqlDataReader row, CancellationToken cancellationToken) =>
        await row.ReadAsync(cancellationToken)
            ? new LeaseRow(
                row.Of<DateTimeOffset>("now"),
                row.Of<string?>("lease_owner"),
                row.Of<long>("lease_token"),
                row.Of<Guid?>("lease_run_id"),
                row.Of<int?>("lease_round"),
                row.Of<DateTimeOffset?>("lease_expires_at"),
                row.Of<DateTimeOffset?>("not_before"),
                ModeOf(row.Of<string?>("requested_mode")),
                row.Of<long>("request_version"),
                row.Of<bool>("allow_mass_delete"),
                row.Of<bool>("is_active"),
                row.Of<DateTimeOffset?>("full_completed_at"),
                row.Of<int>("full_renderer_version"),
                row.Of<DateTimeOffset?>("catch_up_from"),
                row.Of<DateTimeOffset?>("last_catch_up_at"),
                row.Of<DateTimeOffset?>("as_of"),
                ModeOf(row.Of<string?>("round_mode")),
                row.Of<int>("rounds"),
                row.Of<string?>("outcome"))
            : None;

    private static RunMode? ModeOf(string? name) => name is null ? null : RunModeNames.Parse(name);
}
