namespace RagFunctions.Core.Store;

/// <summary>
/// How many texts of a cabinet wait for their vector, as a part of the statements that look at cabinets: gauges, overview, board, status.
/// </summary>
internal static class PendingCounts
{
    /// <summary>
    /// Stands before the statement, in its batch: makes it use the index of the pending chunks, which is the only one that has its order. Without
    /// this the planner, which believes that nearly all chunks are pending, would read every chunk of a cabinet after a large load.
    /// </summary>
    public const string ReadPendingOnly = "SELECT set_config('enable_sort', 'off', true)";

    /// <summary>
    /// Joins <c>p</c> to cabinets <c>a (cabinet_id)</c>: <c>pending</c>, those of them that <c>failed</c>, and the <c>age</c> of the oldest in
    /// seconds, 0 where none waits.
    /// </summary>
    public const string OfCabinet = """
        CROSS JOIN LATERAL (
            SELECT count(*) AS pending, count(*) FILTER (WHERE m.embed_error IS NOT NULL) AS failed,
                   COALESCE(extract(epoch FROM clock_timestamp() - min(m.pending_since)), 0)::float8 AS age
            FROM (SELECT c.embed_error, c.pending_since
                  FROM rag_metadata AS c
                  WHERE c.cabinet_id = a.cabinet_id AND c.embedded_hash IS DISTINCT FROM c.chunk_hash
                  ORDER BY c.chunk_hash) AS m) AS p
        """;
}
