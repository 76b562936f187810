using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Runs;

namespace RagFunctions.Core.Status;

/// <summary>Reads runs.</summary>
public sealed class RunReader(RagDatabase rag)
{
    private const string Columns = """
        SELECT run_id, cabinet_id, mode, outcome, started_at, finished_at, rounds, rows_read, chunks_new, chunks_updated, chunks_unchanged,
               chunks_deleted, chunks_expired, failed_rows, failed_chunks, pending_chunks, total_chunks, embedding_requests,
               embedding_inputs, embedding_tokens, reused_vectors, failed_batches, cost_usd, naive_inputs, naive_tokens, naive_cost_usd,
               read_ms, render_ms, embed_ms, save_ms, last_error, blocked::text, verify_missing, verify_stale, verify_surplus, verify_pending
        FROM rag_index_runs
        """;

    private const string Latest = Columns + " WHERE cabinet_id = $1 ORDER BY started_at DESC, run_id LIMIT $2";
    private const string LatestFull =
        Columns + " WHERE cabinet_id = $1 AND mode = 'full_rebuild' AND outcome IN ('completed', 'completed_with_errors', 'blocked') ORDER BY started_at DESC LIMIT 1";

    private const string Single = Columns + " WHERE cabinet_id = $1 AND run_id = $2";

    private const string Busy = """
        SELECT cabinet_id FROM rag_index_status
        WHERE cabinet_id = ANY ($1) AND is_active
          AND ((lease_owner IS NOT NULL AND lease_expires_at > clock_timestamp())
               OR (requested_mode IS NOT NULL AND (not_before IS NULL OR not_before <= clock_timestamp())))
        """;

    /// <summary>The last runs, newest first.</summary>
    public async Task<IReadOnlyList<RunRecord>> LatestAsync(long cabinetId, int limit, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(Latest);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = cabinetId });
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = limit });
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>The last full run that came to its end; null when there is none.</summary>
    public async Task<RunRecord?> LatestFullAsync(long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(LatestFull);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = cabinetId });
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
    }

    /// <summary>One run; null when the cabinet has no such run.</summary>
    public async Task<RunRecord?> SingleAsync(long cabinetId, Guid runId, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(Single);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = cabinetId });
        command.Parameters.Add(new NpgsqlParameter<Guid> { TypedValue = runId });
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
    }

    /// <summary>Which of the cabinets run, or have a stored request that may run now: for those who started many and poll.</summary>
    public async Task<IReadOnlyList<long>> BusyAsync(IReadOnlyCollection<long> cabinetIds, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(Busy);
        command.Parameters.Add(new NpgsqlParameter<long[]> { TypedValue = [.. cabinetIds] });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<long> busy = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            busy.Add(reader.GetInt64(0));
        }

        return busy;
    }

    private static async Task<IReadOnlyList<RunRecord>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        List<RunRecord> runs = [];
        while (await row.ReadAsync(cancellationToken))
        {
            runs.Add(new RunRecord
            {
                RunId = row.GetGuid(0),
                CabinetId = row.GetInt64(1),
                Mode = row.GetString(2),
                Outcome = row.GetStringOrNull(3),
                StartedAt = row.GetFieldValue<DateTimeOffset>(4),
                FinishedAt = row.GetFieldValue<DateTimeOffset?>(5),
                Rounds = row.GetInt32(6),
                RowsRead = row.GetInt64(7),
                ChunksNew = row.GetInt64(8),
                ChunksUpdated = row.GetInt64(9),
                ChunksUnchanged = row.GetInt64(10),
                ChunksDeleted = row.GetInt64(11),
                ChunksExpired = row.GetInt64(12),
                FailedRows = row.GetInt64(13),
                FailedChunks = row.GetInt64(14),
                PendingChunks = row.GetInt64(15),
                TotalChunks = row.GetInt64(16),
                EmbeddingRequests = row.GetInt64(17),
                EmbeddingInputs = row.GetInt64(18),
                EmbeddingTokens = row.GetInt64(19),
                ReusedVectors = row.GetInt64(20),
                FailedBatches = row.GetInt64(21),
                CostUsd = row.GetDecimal(22),
                NaiveInputs = row.GetInt64(23),
                NaiveTokens = row.GetInt64(24),
                NaiveCostUsd = row.GetDecimal(25),
                ReadMs = row.GetInt64(26),
                RenderMs = row.GetInt64(27),
                EmbedMs = row.GetInt64(28),
                SaveMs = row.GetInt64(29),
                LastError = row.GetStringOrNull(30),
                Blocked = row.GetStringOrNull(31),
                Verified = row.IsDBNull(32) ? null : new VerifiedCounts(row.GetInt64(32), row.GetInt64(33), row.GetInt64(34), row.GetInt64(35)),
            });
        }

        return runs;
    }
}

/// <summary>A run as <c>rag_index_runs</c> keeps it. Times by the index database's clock, durations in milliseconds, money in US dollars.</summary>
public sealed record RunRecord
{
    public required Guid RunId { get; init; }
    public required long CabinetId { get; init; }

    /// <summary>The strongest mode any of its rounds had.</summary>
    public required string Mode { get; init; }

    /// <summary>Null while it runs.</summary>
    public string? Outcome { get; init; }
    public required DateTimeOffset StartedAt { get; init; }
    public DateTimeOffset? FinishedAt { get; init; }
    public int Rounds { get; init; }
    public long RowsRead { get; init; }
    public long ChunksNew { get; init; }
    public long ChunksUpdated { get; init; }
    public long ChunksUnchanged { get; init; }
    public long ChunksDeleted { get; init; }
    public long ChunksExpired { get; init; }
    public long FailedRows { get; init; }
    public long FailedChunks { get; init; }
    public long PendingChunks { get; init; }
    public long TotalChunks { get; init; }
    public long EmbeddingRequests { get; init; }
    public long EmbeddingInputs { get; init; }
    public long EmbeddingTokens { get; init; }
    public long ReusedVectors { get; init; }
    public long FailedBatches { get; init; }
    public decimal CostUsd { get; init; }

    /// <summary>What re-embedding every chunk of the cabinet would have taken.</summary>
    public long NaiveInputs { get; init; }
    public long NaiveTokens { get; init; }
    public decimal NaiveCostUsd { get; init; }
    public long ReadMs { get; init; }
    public long RenderMs { get; init; }
    public long EmbedMs { get; init; }
    public long SaveMs { get; init; }
    public string? LastError { get; init; }

    /// <summary>JSON array of entity, indexed_rows, eligible_rows; null when the guard held nothing back.</summary>
    public string? Blocked { get; init; }

    /// <summary>Chunks that differed when a full run verified; null when none did.</summary>
    public VerifiedCounts? Verified { get; init; }
}
