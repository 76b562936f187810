using RagFunctions.Core.Databases;
using RagFunctions.Core.Runs;

namespace RagFunctions.Core.Embeddings;

/// <summary>Divides the texts of a cabinet that wait for a vector into intervals of their hashes, one for each embedding activity.</summary>
public sealed class EmbeddingPlanner(RagDatabase rag, EmbeddingsOptions options)
{
    private const string HoldsLease =
        """
        SELECT EXISTS (SELECT FROM rag_index_status WHERE cabinet_id = $1 AND lease_token = $2)
        """;

    // Byte order, like the borders of the intervals: the database's own collation may order digits and letters otherwise.
    private const string DueTexts =
        """
        SELECT left(chunk_hash, $2), max(octet_length(chunk_text)), count(*)
        FROM rag_metadata
        WHERE cabinet_id = $1 AND embedded_hash IS DISTINCT FROM chunk_hash AND chunk_hash IS NOT NULL
          AND (next_attempt_at IS NULL OR next_attempt_at <= now())
        GROUP BY chunk_hash
        ORDER BY chunk_hash COLLATE "C"
        """;

    /// <summary>
    /// The intervals for every due pending chunk. One round trip, memory for 16 digits of each distinct hash.
    /// </summary>
    public async Task<EmbeddingPlan> PlanAsync(PlanEmbeddingInput input, CancellationToken cancellationToken)
    {
        await using var batch = rag.Source.CreateBatch();
        batch.BatchCommands.Add(new(HoldsLease) { Parameters = { new() { Value = input.CabinetId }, new() { Value = input.Token } } });
        batch.BatchCommands.Add(new(DueTexts) { Parameters = { new() { Value = input.CabinetId }, new() { Value = HashIntervals.PrefixLength } } });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        if (!reader.GetBoolean(0))
        {
            return new EmbeddingPlan(Superseded: true, PendingChunks: 0, []);
        }

        await reader.NextResultAsync(cancellationToken);
        List<(string Prefix, int Tokens)> pending = [];
        long chunks = 0;
        while (await reader.ReadAsync(cancellationToken))
        {
            pending.Add((reader.GetString(0), TokenEstimate.OfBytes(reader.GetInt32(1))));
            chunks += reader.GetInt64(2);
        }

        var intervals = HashIntervals.Cut(pending, options.MaxInputsPerRequest, options.MaxTokensPerRequest, options.ParallelRequests);
        return new EmbeddingPlan(Superseded: false, chunks, intervals);
    }
}
