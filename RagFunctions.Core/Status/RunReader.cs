using System.Text.Json;
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
                Blocked = row.Of<string?>("blocked") is { } blocked ? JsonSerializer.Deserialize<BlockedCounts[]>(blocked, WireJson.Options) : null,
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
    /// <summary>The run.</summary>
    public required Guid RunId { get; init; }

    /// <summary>Whose.</summary>
    public required long CabinetId { get; init; }

    /// <summary>The strongest mode any of its rounds had.</summary>
    public required string Mode { get; init; }

    /// <summary>Null while it runs.</summary>
    public string? Outcome { get; init; }

    /// <summary>When its first round began.</summary>
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>When it ended; null while it runs.</summary>
    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>Rounds it took.</summary>
    public int Rounds { get; init; }

    /// <summary>Source rows read.</summary>
    public long RowsRead { get; init; }

    /// <summary>Chunks added.</summary>
    public long ChunksNew { get; init; }

    /// <summary>Chunks whose text changed.</summary>
    public long ChunksUpdated { get; init; }

    /// <summary>Chunks found equal.</summary>
    public long ChunksUnchanged { get; init; }

    /// <summary>Chunks removed with their rows.</summary>
    public long ChunksDeleted { get; init; }

    /// <summary>Chunks removed because their date had passed.</summary>
    public long ChunksExpired { get; init; }

    /// <summary>Rows that could not be read or rendered.</summary>
    public long FailedRows { get; init; }

    /// <summary>Texts that could not be embedded.</summary>
    public long FailedChunks { get; init; }

    /// <summary>Chunks without a vector of their text when it ended.</summary>
    public long PendingChunks { get; init; }

    /// <summary>Chunks of the cabinet when it ended.</summary>
    public long TotalChunks { get; init; }

    /// <summary>Requests to the embeddings provider.</summary>
    public long EmbeddingRequests { get; init; }

    /// <summary>Texts sent to it.</summary>
    public long EmbeddingInputs { get; init; }

    /// <summary>Tokens that it counted.</summary>
    public long EmbeddingTokens { get; init; }

    /// <summary>Vectors taken from equal texts instead.</summary>
    public long ReusedVectors { get; init; }

    /// <summary>Batches of texts that were given up.</summary>
    public long FailedBatches { get; init; }

    /// <summary>What the tokens cost, in US dollars.</summary>
    public decimal CostUsd { get; init; }

    /// <summary>What re-embedding every chunk of the cabinet would have taken.</summary>
    public long NaiveInputs { get; init; }

    /// <summary>The tokens of that, by estimate.</summary>
    public long NaiveTokens { get; init; }

    /// <summary>The cost of that, in US dollars.</summary>
    public decimal NaiveCostUsd { get; init; }

    /// <summary>Milliseconds of reading, summed over steps that overlap.</summary>
    public long ReadMs { get; init; }

    /// <summary>Milliseconds of making texts.</summary>
    public long RenderMs { get; init; }

    /// <summary>Milliseconds of waiting for the provider.</summary>
    public long EmbedMs { get; init; }

    /// <summary>Milliseconds of writing.</summary>
    public long SaveMs { get; init; }

    /// <summary>What went wrong last; null: nothing.</summary>
    public string? LastError { get; init; }

    /// <summary>What the guard against mass deletion kept; null when it held nothing back.</summary>
    public IReadOnlyList<BlockedCounts>? Blocked { get; init; }

    /// <summary>Chunks that differed when a full run verified; null when none did.</summary>
    public VerifiedCounts? Verified { get; init; }
}

/// <summary>An entity of which the guard against mass deletion deleted nothing.</summary>
/// <param name="Entity">Which: <c>orders</c> and so on.</param>
/// <param name="IndexedRows">Rows that the index holds.</param>
/// <param name="EligibleRows">Rows that the source still offers.</param>
public sealed record BlockedCounts(string Entity, long IndexedRows, long EligibleRows);
