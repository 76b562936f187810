using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings;

namespace RagFunctions.Core.Runs;

/// <summary>The run and its cabinet as they stand when a round is to be finished.</summary>
internal sealed record RunRow(
    DateTimeOffset Now,
    long? Token,
    Guid? LeaseRunId,
    RunMode? Requested,
    long SeenRequestVersion,
    long RequestVersion,
    RunMode Mode,
    int FinishedRounds,
    bool IsFinished,
    string? Outcome,
    long FailedRows,
    long FailedChunks,
    long FailedBatches,
    bool IsBlocked,
    string? LastError,
    bool HasDuePending,
    bool HasDueNext,
    DateTimeOffset AsOf,
    int StoreFailures,
    DateTimeOffset? EmbeddingNotBefore,
    string? EmbeddingError)
{
    // $1 cabinet, $2 run. The run's row survives a purge of the cabinet's status, so it leads. The first pending chunk in the order of
    // the hashes, not any: the planner believes that nearly all are pending, and where none is, it looked for one in the whole table.
    // $3 the embedders that the settings name: what others build is no reason for another round here.
    private const string Select = $"""
        SELECT clock_timestamp() AS now, s.lease_token, s.lease_run_id, s.requested_mode, r.request_version AS seen_request_version,
               COALESCE(s.request_version, 0) AS request_version, r.mode, r.rounds, r.finished_at IS NOT NULL AS is_finished, r.outcome,
               r.failed_rows, r.failed_chunks, r.failed_batches, r.blocked IS NOT NULL AS is_blocked, r.last_error,
               (SELECT m.id FROM rag_metadata AS m
                WHERE m.cabinet_id = $1 AND m.embedded_hash IS DISTINCT FROM m.chunk_hash
                  AND (m.next_attempt_at IS NULL OR m.next_attempt_at <= clock_timestamp())
                ORDER BY m.chunk_hash
                LIMIT 1) IS NOT NULL AS has_due_pending,
               CASE WHEN {Generation.NextKey} = ANY ($3) THEN
                   (SELECT m.id FROM rag_metadata AS m
                    WHERE m.cabinet_id = $1 AND m.next_hash IS DISTINCT FROM m.chunk_hash AND m.chunk_hash IS NOT NULL
                      AND (m.next_retry_at IS NULL OR m.next_retry_at <= clock_timestamp())
                    ORDER BY m.chunk_hash
                    LIMIT 1) IS NOT NULL
               ELSE false END AS has_due_next,
               r.as_of, COALESCE(s.store_failures, 0) AS store_failures, s.embedding_not_before, s.embedding_error
        FROM rag_index_runs AS r
        LEFT JOIN rag_index_status AS s ON s.cabinet_id = r.cabinet_id
        WHERE r.run_id = $2 AND r.cabinet_id = $1
        """;

    // Weaker than the take-over's lock, so that closing never waits for a late duplicate of a sub-batch.
    private const string LockStatus = "SELECT FROM rag_index_status WHERE cabinet_id = $1 FOR NO KEY UPDATE";

    /// <summary>What stopped the embedding of this cabinet, while its pause lasts.</summary>
    public string? LastingError => EmbeddingNotBefore > Now ? EmbeddingError : null;

    /// <summary>A request that came after the round had read its own.</summary>
    public bool HasUnseenRequest => Requested is not null && RequestVersion > SeenRequestVersion;

    /// <summary>Reads them; null when there is no such run. In a transaction the status row stays locked.</summary>
    public static async Task<RunRow?> ReadAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, long cabinetId, Guid runId, string[] embedders, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection, transaction);
        if (transaction is not null)
        {
            batch.BatchCommands.Add(new(LockStatus) { Parameters = { Parameter.Of<long>(cabinetId) } });
        }

        batch.BatchCommands.Add(new(Select)
        {
            Parameters = { Parameter.Of<long>(cabinetId), Parameter.Of<Guid>(runId), Parameter.Of(embedders) },
        });
        await using var row = await batch.ExecuteReaderAsync(cancellationToken);
        if (transaction is not null)
        {
            await row.NextResultAsync(cancellationToken);
        }

        return await row.ReadAsync(cancellationToken)
            ? new RunRow(
                row.Of<DateTimeOffset>("now"),
                row.Of<long?>("lease_token"),
                row.Of<Guid?>("lease_run_id"),
                row.Of<string?>("requested_mode") is { } requested ? RunModeNames.Parse(requested) : null,
                row.Of<long>("seen_request_version"),
                row.Of<long>("request_version"),
                RunModeNames.Parse(row.Of<string>("mode")),
                row.Of<int>("rounds"),
                row.Of<bool>("is_finished"),
                row.Of<string?>("outcome"),
                row.Of<long>("failed_rows"),
                row.Of<long>("failed_chunks"),
                row.Of<long>("failed_batches"),
                row.Of<bool>("is_blocked"),
                row.Of<string?>("last_error"),
                row.Of<bool>("has_due_pending"),
                row.Of<bool>("has_due_next"),
                row.Of<DateTimeOffset>("as_of"),
                row.Of<int>("store_failures"),
                row.Of<DateTimeOffset?>("embedding_not_before"),
                row.Of<string?>("embedding_error"))
            : null;
    }
}
