using Npgsql;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Store;

namespace RagFunctions.Core.Status;

/// <summary>Reads <see cref="IndexStatus"/>.</summary>
public sealed class IndexStatusReader(MainDatabase main, RagDatabase rag, SourceFactsReader facts, RunReader runs)
{
    // Ages are taken by the clock of the database that holds the row.
    private const string Queue = """
        SELECT count(*), count(*) FILTER (WHERE attempts > 0),
               COALESCE(extract(epoch FROM clock_timestamp() - min(first_changed_at)), 0)::float8
        FROM rag_changes WHERE cabinet_id = $1
        """;

    // The newest of each entity: what is wrong with a kind of rows is seen in one of them.
    private const string KeptAside = """
        SELECT entity, total, row_key, left(reason, 300) AS reason, last_seen_at
        FROM (SELECT entity, row_key, reason, last_seen_at, count(*) OVER (PARTITION BY entity) AS total,
                     row_number() OVER (PARTITION BY entity ORDER BY last_seen_at DESC, row_key) AS place
              FROM wb_sync_rejects WHERE cabinet_id = $1) AS r
        WHERE place <= 3
        ORDER BY entity, place
        """;

    private const string Index = $"""
        SELECT s.indexing_status, COALESCE(s.lease_owner IS NOT NULL AND s.lease_expires_at > clock_timestamp(), false) AS is_indexing,
               s.last_indexed_at, s.last_incremental_at, s.total_chunks, s.created_at, s.updated_at, s.last_outcome, s.requested_mode, s.is_active,
               {CabinetBoard.WaitsUntil}, s.last_error, p.pending, p.failed, p.age,
               (SELECT model FROM rag_embedder) AS active_model, (SELECT dimensions FROM rag_embedder) AS active_dimensions,
               n.model AS next_model, n.dimensions AS next_dimensions, n.done AS next_done, n.total AS next_total, n.failed AS next_failed, s.on_next
        FROM (VALUES ($1)) AS a (cabinet_id) JOIN rag_index_status AS s ON s.cabinet_id = a.cabinet_id
        {PendingCounts.OfCabinet}
        LEFT JOIN LATERAL (
            SELECT b.model, b.dimensions, {GenerationProgress.Counts}
            FROM rag_next_embedder AS b LEFT JOIN rag_metadata AS m ON m.cabinet_id = s.cabinet_id
            GROUP BY b.model, b.dimensions) AS n ON true
        """;

    /// <summary>Reads it; a cabinet that was never indexed answers <c>not_found</c>, as it always has.</summary>
    public async Task<IndexStatus> ReadAsync(long cabinetId, CancellationToken cancellationToken)
    {
        var source = await facts.ReadAsync(cabinetId, cancellationToken);
        var (queued, failedRows, queueAge, keptAside) = await ReadMainAsync(cabinetId, cancellationToken);
        var last = (await runs.LatestAsync(cabinetId, 1, cancellationToken)).SingleOrDefault();
        await using var batch = rag.Source.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(PendingCounts.ReadPendingOnly));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Index) { Parameters = { Parameter.Of<long>(cabinetId) } });
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        await row.NextResultAsync(cancellationToken);
        if (!await row.ReadAsync(cancellationToken))
        {
            return new IndexStatus
            {
                Status = "not_found",
                CabinetId = cabinetId,
                Message = $"Cabinet {cabinetId} has never been indexed",
                IsActive = source.IsActive,
                ChangeSource = source.Kind.WireName(),
                Queued = queued,
                Failed = failedRows,
                LagSeconds = queueAge,
                KeptAside = keptAside,
            };
        }

        var indexing = row.Of<bool>("is_indexing");
        var outcome = row.Of<string?>("last_outcome");
        return new IndexStatus
        {
            Status = "success",
            CabinetId = cabinetId,
            IndexingStatus = row.Of<string>("indexing_status"),
            IsIndexing = indexing,
            LastIndexedAt = row.Of<DateTimeOffset?>("last_indexed_at"),
            LastIncrementalAt = row.Of<DateTimeOffset?>("last_incremental_at"),
            TotalChunks = row.Of<long>("total_chunks"),
            CreatedAt = row.Of<DateTimeOffset?>("created_at"),
            UpdatedAt = row.Of<DateTimeOffset?>("updated_at"),
            Message = indexing ? "Indexing is under way" : outcome is null ? "No run has ended yet" : $"The last run ended: {outcome}",
            Outcome = outcome,
            Mode = last?.Mode,
            RequestedMode = row.Of<string?>("requested_mode"),
            IsActive = row.Of<bool>("is_active"),
            NotBefore = row.Of<DateTimeOffset?>("not_before"),
            LastError = row.Of<string?>("last_error"),
            Pending = row.Of<long>("pending"),
            Failed = failedRows + row.Of<long>("failed"),
            Queued = queued,
            LagSeconds = Math.Max(queueAge, row.Of<double>("age")),
            KeptAside = keptAside,
            ChangeSource = source.Kind.WireName(),
            LastRun = last,
            Model = row.Of<string?>("active_model"),
            Dimensions = row.Of<int?>("active_dimensions"),
            NextGeneration = row.Of<string?>("next_model") is { } next
                ? new NextGenerationStatus(
                    next, row.Of<int>("next_dimensions"), row.Of<long>("next_done"), row.Of<long>("next_total"), row.Of<long>("next_failed"),
                    row.Of<bool>("on_next"))
                : null,
        };
    }

    private async Task<(long Queued, long Failed, double Age, IReadOnlyList<KeptAsideOfEntity> KeptAside)> ReadMainAsync(
        long cabinetId, CancellationToken cancellationToken)
    {
        await using var batch = main.Source.CreateBatch();
        foreach (var sql in (string[])[Queue, KeptAside])
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(sql) { Parameters = { Parameter.Of(cabinetId) } });
        }

        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        var (queued, failed, age) = (row.GetInt64(0), row.GetInt64(1), row.GetDouble(2));
        await row.NextResultAsync(cancellationToken);
        List<(string Entity, long Total, KeptAsideReason Reason)> reasons = [];
        while (await row.ReadAsync(cancellationToken))
        {
            reasons.Add((
                row.Of<string>("entity"), row.Of<long>("total"),
                new KeptAsideReason(row.Of<string>("row_key"), row.Of<string>("reason"), row.Of<DateTimeOffset>("last_seen_at"))));
        }

        return (queued, failed, age, [
            .. reasons.GroupBy(one => (one.Entity, one.Total)).Select(of => new KeptAsideOfEntity(of.Key.Entity, of.Key.Total, [.. of.Select(one => one.Reason)])),
        ]);
    }
}

/// <summary>The index of a cabinet at a glance: the original's fields, then what it kept silent about.</summary>
public sealed record IndexStatus
{
    /// <summary><c>success</c>, or <c>not_found</c> when the cabinet has never been indexed.</summary>
    public required string Status { get; init; }

    /// <summary>Whose.</summary>
    public required long CabinetId { get; init; }

    /// <summary><c>pending</c>, <c>in_progress</c>, <c>completed</c> or <c>failed</c>; null when never indexed.</summary>
    public string? IndexingStatus { get; init; }

    /// <summary>A live lease: true only while something really runs.</summary>
    public bool IsIndexing { get; init; }

    /// <summary>End of the last full run.</summary>
    public DateTimeOffset? LastIndexedAt { get; init; }

    /// <summary>End of the last run of any mode that neither failed nor waits.</summary>
    public DateTimeOffset? LastIncrementalAt { get; init; }

    /// <summary>Chunks of the cabinet.</summary>
    public long TotalChunks { get; init; }

    /// <summary>When it was first asked for.</summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>When this last changed.</summary>
    public DateTimeOffset? UpdatedAt { get; init; }

    /// <summary>The same in words.</summary>
    public required string Message { get; init; }

    /// <summary>The exact outcome of the last run, one of <see cref="RunOutcome"/>.</summary>
    public string? Outcome { get; init; }

    /// <summary>Mode of the last run, or of the one under way.</summary>
    public string? Mode { get; init; }

    /// <summary>A stored request that no run has served yet.</summary>
    public string? RequestedMode { get; init; }

    /// <summary>False: hidden from search, no runs. Of a cabinet that was never indexed: whether the main database has it as active.</summary>
    public required bool IsActive { get; init; }

    /// <summary>Chunks whose present text has no vector yet.</summary>
    public long Pending { get; init; }

    /// <summary>Rows and chunks kept with an error and a next attempt.</summary>
    public long Failed { get; init; }

    /// <summary>Changes waiting in the queue, failed ones included.</summary>
    public long Queued { get; init; }

    /// <summary>Seconds the index is behind: the age of the oldest queued change or pending chunk; 0 when there is none.</summary>
    public double LagSeconds { get; init; }

    /// <summary>Rows of the marketplace that could not be read or stored, for each entity that has any; each is tried again when it comes again.</summary>
    public IReadOnlyList<KeptAsideOfEntity> KeptAside { get; init; } = [];

    /// <summary><c>sync</c>, <c>capture</c> or <c>catch_up</c>.</summary>
    public required string ChangeSource { get; init; }

    /// <summary>What failed or waits is not tried before. Where it is the embedding alone, changes are applied meanwhile.</summary>
    public DateTimeOffset? NotBefore { get; init; }

    /// <summary>Of the last run; null: none.</summary>
    public string? LastError { get; init; }

    /// <summary>The last run; null: none.</summary>
    public RunRecord? LastRun { get; init; }

    /// <summary>The model of the active generation of vectors; null: no vector was stored yet.</summary>
    public string? Model { get; init; }

    /// <summary>Length of its vectors.</summary>
    public int? Dimensions { get; init; }

    /// <summary>The generation that is being built beside it; null: the model is not changing.</summary>
    public NextGenerationStatus? NextGeneration { get; init; }
}

/// <summary>How far the next generation of a cabinet's vectors is.</summary>
/// <param name="Model">Its model.</param>
/// <param name="Dimensions">Length of its vectors.</param>
/// <param name="Done">Chunks that have their vector.</param>
/// <param name="Of">Chunks of the cabinet.</param>
/// <param name="Failed">Of the others, those whose text could not be embedded; they are tried again.</param>
/// <param name="Serves">The search of the cabinet is on it.</param>
public sealed record NextGenerationStatus(string Model, int Dimensions, long Done, long Of, long Failed, bool Serves);

/// <summary>Rows of an entity that the sync keeps aside.</summary>
/// <param name="Entity"><c>cards</c>, <c>prices</c>, <c>stocks</c>, <c>orders</c>, <c>sales</c> or <c>reviews</c>.</param>
/// <param name="Total">How many there are.</param>
/// <param name="Newest">The three that came last.</param>
public sealed record KeptAsideOfEntity(string Entity, long Total, IReadOnlyList<KeptAsideReason> Newest);

/// <summary>Why a row is kept aside.</summary>
/// <param name="RowKey">Its identity, or a hash of it.</param>
/// <param name="Reason">What is wrong with it, cut to 300 characters.</param>
/// <param name="LastSeenAt">When it came last.</param>
public sealed record KeptAsideReason(string RowKey, string Reason, DateTimeOffset LastSeenAt);
