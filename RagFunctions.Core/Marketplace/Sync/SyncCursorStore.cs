using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Cabinets;

namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>Cursors, leases and log rows of the sync. Leases use the clock of the database; due times are business time.</summary>
internal sealed class SyncCursorStore(MainDatabase main)
{
    /// <summary>Renewed with every page; so long can a dead worker delay an entity.</summary>
    public static readonly TimeSpan LeaseTime = TimeSpan.FromMinutes(5);

    private const string Acquire = """
        INSERT INTO wb_sync_cursors AS c (cabinet_id, entity, lease_token, lease_expires_at)
        SELECT id, $2, 1, clock_timestamp() + $3 FROM wb_cabinets WHERE id = $1
        ON CONFLICT (cabinet_id, entity) DO UPDATE SET lease_token = c.lease_token + 1, lease_expires_at = clock_timestamp() + $3
        WHERE c.lease_expires_at IS NULL OR c.lease_expires_at <= clock_timestamp()
        RETURNING lease_token, state::text, next_due_at, not_before, failures, last_success_at,
            EXISTS (SELECT FROM wb_sync_rejects AS r WHERE r.cabinet_id = $1 AND r.entity = $2) AS has_rejects, clock_timestamp()
        """;

    private const string Release = """
        UPDATE wb_sync_cursors SET lease_expires_at = NULL WHERE cabinet_id = $1 AND entity = $2 AND lease_token = $3
        """;

    // A column without a time zone holds Moscow time, whatever zone the session has: what a page stores there is converted by this one.
    private const string MoscowTime = "SET LOCAL TimeZone = 'Europe/Moscow'";

    private const string Save = """
        UPDATE wb_sync_cursors SET state = $4, lease_expires_at = clock_timestamp() + $5
        WHERE cabinet_id = $1 AND entity = $2 AND lease_token = $3
        """;

    // Whoever holds the lease knows that an older row still "started" was left by a worker that died.
    private const string CloseAbandonedLogs = """
        UPDATE wb_sync_logs SET status = 'error', error_message = 'interrupted', completed_at = $3
        WHERE cabinet_id = $1 AND sync_type = $2 AND status = 'started'
        """;

    private const string OpenLog = """
        INSERT INTO wb_sync_logs (cabinet_id, sync_type, status, started_at, created_at) VALUES ($1, $2, 'started', $3, now()) RETURNING id
        """;

    private const string CloseLog = """
        UPDATE wb_sync_logs SET status = $2, completed_at = $3, records_processed = $4, records_created = $5, records_updated = $6,
            records_errors = $7, error_message = $8
        WHERE id = $1
        """;

    private const string Finish = """
        UPDATE wb_sync_cursors SET
            lease_expires_at = NULL, next_due_at = COALESCE($4, next_due_at), not_before = $5, failures = $6, last_outcome = $7, last_error = $8,
            last_success_at = CASE WHEN $7 = 'ok' THEN $9 ELSE last_success_at END
        WHERE cabinet_id = $1 AND entity = $2 AND lease_token = $3
        """;

    // An answer says something of the token it was asked with, and nothing of one that has come since.
    private const string MarkCabinet = $"""
        UPDATE wb_cabinets SET
            last_sync_at = CASE WHEN $2 = 'ok' THEN $3 ELSE last_sync_at END,
            token_rejected_at = CASE WHEN {CabinetStore.TokenVersion} <> $4 THEN token_rejected_at WHEN $2 = 'ok' THEN NULL ELSE $3 END
        WHERE id = $1 AND ($2 = 'ok' OR ($2 = 'rejected' AND {CabinetStore.TokenVersion} = $4))
        """;

    /// <summary>Takes the lease; null = somebody else has it.</summary>
    public async Task<SyncLease?> AcquireAsync(long cabinetId, SyncEntity entity, CancellationToken cancellationToken)
    {
        await using var command = main.Source.CreateCommand(Acquire);
        command.Parameters.Add(Parameter.Of(cabinetId));
        command.Parameters.Add(Parameter.Of(entity.Name()));
        command.Parameters.Add(Parameter.Of(LeaseTime));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new SyncLease(
                cabinetId, entity, reader.GetInt64(0), reader.GetString(1), Time(reader, 2), Time(reader, 3), reader.GetInt32(4), Time(reader, 5), reader.GetBoolean(6),
                reader.GetFieldValue<DateTimeOffset>(7))
            : null;
    }

    /// <summary>Gives the lease back as if it had never been taken.</summary>
    public async Task ReleaseAsync(SyncLease lease, CancellationToken cancellationToken)
    {
        await using var command = main.Source.CreateCommand(Release);
        AddKey(command.Parameters, lease);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Opens a log row and closes those that dead workers left open.</summary>
    public async Task<long> OpenLogAsync(SyncLease lease, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await main.Source.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection);
        foreach (var sql in (string[])[CloseAbandonedLogs, OpenLog])
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql)
            {
                Parameters = { Parameter.Of(lease.CabinetId), Parameter.Of(lease.Entity.Name()), Parameter.Of(now) },
            });
        }

        return (long)Convert.ChangeType((await batch.ExecuteScalarAsync(cancellationToken))!, typeof(long), System.Globalization.CultureInfo.InvariantCulture);
    }

    /// <summary>Moves the cursor inside the transaction of a page, as its first statement; the rest of the page counts in Moscow time.</summary>
    /// <exception cref="SyncLeaseLostException">The lease belongs to somebody else.</exception>
    public static async Task SaveAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, SyncLease lease, string state, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(MoscowTime));
        var save = new NpgsqlBatchCommand(Save);
        AddKey(save.Parameters, lease);
        save.Parameters.Add(Parameter.Json(state));
        save.Parameters.Add(Parameter.Of(LeaseTime));
        batch.BatchCommands.Add(save);
        if (await batch.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            throw new SyncLeaseLostException(lease.CabinetId, lease.Entity.Name());
        }
    }

    /// <summary>Records how it ended and gives the lease back.</summary>
    /// <param name="tokenVersion">Which token the calls were made with: <see cref="OpenCabinet.TokenVersion"/>.</param>
    public async Task FinishAsync(
        SyncLease lease, long logId, string tokenVersion, EntitySyncResult result, DateTimeOffset? dueAt, DateTimeOffset now,
        CancellationToken cancellationToken)
    {
        var outcome = Outcome(result.Status);
        var failures = result.Status == EntitySyncStatus.Failed ? lease.Failures + 1 : 0;
        await using var connection = await main.Source.OpenConnectionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection);
        var finish = new NpgsqlBatchCommand(Finish);
        AddKey(finish.Parameters, lease);
        finish.Parameters.Add(Parameter.Of(dueAt));
        finish.Parameters.Add(Parameter.Of(result.WaitUntil));
        finish.Parameters.Add(Parameter.Of(failures));
        finish.Parameters.Add(Parameter.Of(outcome));
        finish.Parameters.Add(Parameter.Of(result.Reason));
        finish.Parameters.Add(Parameter.Of(now));
        batch.BatchCommands.Add(finish);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(CloseLog)
        {
            Parameters =
            {
                Parameter.Of(logId), Parameter.Of(LogStatus(result.Status)), Parameter.Of(now), Parameter.Of(Count(result.RowsRead)),
                Parameter.Of(Count(result.RowsInserted)), Parameter.Of(Count(result.RowsUpdated)),
                Parameter.Of(Count(result.RowsRejected + (result.Status == EntitySyncStatus.Failed ? 1 : 0))), Parameter.Of(result.Reason),
            },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(MarkCabinet)
        {
            Parameters = { Parameter.Of(lease.CabinetId), Parameter.Of(outcome), Parameter.Of(now), Parameter.Of(tokenVersion) },
        });
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static string Outcome(EntitySyncStatus status) => status switch
    {
        EntitySyncStatus.Ok => "ok",
        EntitySyncStatus.Waiting => "waiting",
        EntitySyncStatus.Rejected => "rejected",
        EntitySyncStatus.Forbidden => "forbidden",
        _ => "failed",
    };

    // The words of the original's log, and one for what it had no word for.
    private static string LogStatus(EntitySyncStatus status) => status switch
    {
        EntitySyncStatus.Ok => "completed",
        EntitySyncStatus.Waiting => "waiting",
        _ => "error",
    };

    private static int Count(long value) => (int)Math.Min(value, int.MaxValue);

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);

    private static void AddKey(NpgsqlParameterCollection parameters, SyncLease lease)
    {
        parameters.Add(Parameter.Of(lease.CabinetId));
        parameters.Add(Parameter.Of(lease.Entity.Name()));
        parameters.Add(Parameter.Of(lease.Token));
    }
}

/// <summary>The right to synchronise an entity, and what the last holder left.</summary>
/// <param name="Token">Rises with every holder; every write is fenced by it.</param>
/// <param name="State">The cursor, JSON of the entity's own shape.</param>
/// <param name="DueAt">The entity's next time; null = at once.</param>
/// <param name="NotBefore">The end of a wait; null = none.</param>
/// <param name="Failures">Failures in a row.</param>
/// <param name="SucceededAt">When it was last read to the end.</param>
/// <param name="HasRejects">Rows of the entity are kept aside.</param>
/// <param name="DatabaseNow">The database's clock when the lease was taken.</param>
internal sealed record SyncLease(
    long CabinetId, SyncEntity Entity, long Token, string State, DateTimeOffset? DueAt, DateTimeOffset? NotBefore, int Failures,
    DateTimeOffset? SucceededAt, bool HasRejects, DateTimeOffset DatabaseNow)
{
    /// <summary>Whether its time has come.</summary>
    public bool IsDue(DateTimeOffset now) => !(DueAt > now) && !(NotBefore > now);
}

/// <summary>Another worker holds the lease now; nothing of the present page was written.</summary>
public sealed class SyncLeaseLostException(long cabinetId, string entity)
    : Exception($"The sync of {entity} of cabinet {cabinetId} was taken over by another worker.");
