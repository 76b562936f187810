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
               read_ms, render_ms, embed_ms, save_ms, last_error, blocked::text AS blocked, verify_missing, verify_stale, verify_surplus, verify_pending
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
        command.Parameters.Add(Parameter.Of<long>(cabinetId));
        command.Parameters.Add(Parameter.Of<int>(limit));
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>The last full run that came to its end; null when there is none.</summary>
    public async Task<RunRecord?> LatestFullAsync(long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(LatestFull);
        command.Parameters.Add(Parameter.Of<long>(cabinetId));
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
    }

    /// <summary>One run; null when the cabinet has no such run.</summary>
    public async Task<RunRecord?> SingleAsync(long cabinetId, Guid runId, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(Single);
        command.Parameters.Add(Parameter.Of<long>(cabinetId));
        command.Parameters.Add(Parameter.Of<Guid>(runId));
        return (await ReadAsync(command, cancellationToken)).SingleOrDefault();
    }

    /// <summary>Which of the cabinets run, or have a stored request that may run now: for those who started many and poll.</summary>
    public async Task<IReadOnlyList<long>> BusyAsync(IReadOnlyCollection<long> cabinetIds, CancellationToken cancellationToken)
    {
        await using var command = rag.Source.CreateCommand(Busy);
        command.Parameters.Add(Parameter.Of<long[]>([.. cabinetIds]));
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
                RunId = row.Of<Guid>("run_id"),
                CabinetId = row.Of<long>("cabinet_id"),
                Mode = row.Of<string>("mode"),
                Outcome = row.Of<string?>("outcome"),
                StartedAt = row.Of<DateTimeOffset>("started_at"),
                FinishedAt = row.Of<DateTimeOffset?>("finished_at"),
                Rounds = row.Of<int>("rounds"),
                RowsRead = row.Of<long>("rows_read"),
                ChunksNew = row.Of<long>("chunks_new"),
                ChunksUpdated = row.Of<long>("chunks_updated"),
                ChunksUnchanged = row.Of<long>("chunks_unchanged"),
                ChunksDeleted = row.Of<long>("chunks_deleted"),
                ChunksExpired = row.Of<long>("chunks_expired"),
                FailedRows = row.Of<long>("failed_rows"),
                FailedChunks = row.Of<long>("failed_chunks"),
                PendingChunks = row.Of<long>("pending_chunks"),
                TotalChunks = row.Of<long>("total_chunks"),
                EmbeddingRequests = row.Of<long>("embedding_requests"),
                EmbeddingInputs = row.Of<long>("embedding_inputs"),
                EmbeddingTokens = row.Of<long>("embedding_tokens"),
                ReusedVectors = row.Of<long>("reused_vectors"),
                FailedBatches = row.Of<long>("failed_batches"),
                CostUsd = row.Of<decimal>("cost_usd"),
                NaiveInputs = row.Of<long>("naive_inputs"),
                NaiveTokens = row.Of<long>("naive_tokens"),
                NaiveCostUsd = row.Of<decimal>("naive_cost_usd"),
                ReadMs = row.Of<long>("read_ms"),
                RenderMs = row.Of<long>("render_ms"),
                EmbedMs = row.Of<long>("embed_ms"),
                SaveMs = row.Of<long>("save_ms"),
                LastError = row.Of<string?>("last_error"),
                Blocked = row.Of<string?>("blocked"),
                Verified = row.Of<long?>("verify_missing") is { } missing
                    ? new VerifiedCounts(missing, row.Of<long>("verify_stale"), row.Of<long>("verify_surplus"), row.Of<long>("verify_pending"))
                    : null,
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
