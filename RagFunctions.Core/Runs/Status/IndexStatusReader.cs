using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Runs.Status;

/// <summary>Reads <see cref="IndexStatus"/>.</summary>
public sealed class IndexStatusReader(MainDatabase main, RagDatabase rag, SourceFactsReader facts, RunReader runs)
{
    // Ages are taken by the clock of the database that holds the row.
    private const string Queue = """
        SELECT count(*), count(*) FILTER (WHERE attempts > 0),
               COALESCE(extract(epoch FROM clock_timestamp() - min(first_changed_at)), 0)::float8
        FROM rag_changes WHERE cabinet_id = $1
        """;

    private const string Index = """
        SELECT s.indexing_status, COALESCE(s.lease_owner IS NOT NULL AND s.lease_expires_at > clock_timestamp(), false), s.last_indexed_at,
               s.last_incremental_at, s.total_chunks, s.created_at, s.updated_at, s.last_outcome, s.requested_mode, s.is_active,
               CASE WHEN s.not_before > clock_timestamp() THEN s.not_before END, s.last_error, p.pending, p.failed, p.age
        FROM rag_index_status AS s
        CROSS JOIN LATERAL (
            SELECT count(*) AS pending, count(*) FILTER (WHERE m.embed_error IS NOT NULL) AS failed,
                   COALESCE(extract(epoch FROM clock_timestamp() - min(m.pending_since)), 0)::float8 AS age
            FROM rag_metadata AS m
            WHERE m.cabinet_id = s.cabinet_id AND m.embedded_hash IS DISTINCT FROM m.chunk_hash) AS p
        WHERE s.cabinet_id = $1
        """;

    /// <summary>Reads it; a cabinet that was never indexed answers <c>not_found</c>, as it always has.</summary>
    public async Task<IndexStatus> ReadAsync(long cabinetId, CancellationToken cancellationToken)
    {
        var source = await facts.ReadAsync(cabinetId, cancellationToken);
        var (queued, failedRows, queueAge) = await ReadQueueAsync(cabinetId, cancellationToken);
        var last = (await runs.LatestAsync(cabinetId, 1, cancellationToken)).SingleOrDefault();
        await using var command = rag.Source.CreateCommand(Index);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = cabinetId });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
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
            };
        }

        var indexing = row.GetBoolean(1);
        var outcome = row.GetStringOrNull(7);
        return new IndexStatus
        {
            Status = "success",
            CabinetId = cabinetId,
            IndexingStatus = row.GetString(0),
            IsIndexing = indexing,
            LastIndexedAt = row.GetFieldValue<DateTimeOffset?>(2),
            LastIncrementalAt = row.GetFieldValue<DateTimeOffset?>(3),
            TotalChunks = row.GetInt64(4),
            CreatedAt = row.GetFieldValue<DateTimeOffset?>(5),
            UpdatedAt = row.GetFieldValue<DateTimeOffset?>(6),
            Message = indexing ? "Indexing is under way" : outcome is null ? "No run has ended yet" : $"The last run ended: {outcome}",
            Outcome = outcome,
            Mode = last?.Mode,
            RequestedMode = row.GetStringOrNull(8),
            IsActive = row.GetBoolean(9),
            NotBefore = row.GetFieldValue<DateTimeOffset?>(10),
            LastError = row.GetStringOrNull(11),
            Pending = row.GetInt64(12),
            Failed = failedRows + row.GetInt64(13),
            Queued = queued,
            LagSeconds = Math.Max(queueAge, row.GetDouble(14)),
            ChangeSource = source.Kind.WireName(),
            LastRun = last,
        };
    }

    private async Task<(long Queued, long Failed, double Age)> ReadQueueAsync(long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = main.Source.CreateCommand(Queue);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = cabinetId });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return (row.GetInt64(0), row.GetInt64(1), row.GetDouble(2));
    }
}
