using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings.Providers;

namespace RagFunctions.Core.Embeddings;

/// <summary>Divides the texts of a cabinet that wait for a vector into intervals of their hashes, one for each embedding activity.</summary>
/// <remarks>Where a next generation is being built, the round also gets a part of what waits for it.</remarks>
public sealed class EmbeddingPlanner(RagDatabase rag, Embedders embedders)
{
    // No row: the lease is somebody else's.
    private const string ChunksUnderLease =
        """
        SELECT COALESCE(total_chunks, 0)::bigint, on_next FROM rag_index_status WHERE cabinet_id = $1 AND lease_token = $2
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

    // In the order of the index, so that it ends where enough are read. $3 texts at most, $4 the embedders that the settings name.
    private const string DueTextsOfNext =
        $"""
        SELECT left(chunk_hash, $2), max(octet_length(chunk_text)), count(*)
        FROM rag_metadata
        WHERE cabinet_id = $1 AND next_hash IS DISTINCT FROM chunk_hash AND chunk_hash IS NOT NULL
          AND (next_retry_at IS NULL OR next_retry_at <= now())
          AND {Generation.NextKey} = ANY ($4)
        GROUP BY chunk_hash
        ORDER BY chunk_hash COLLATE "C"
        LIMIT $3
        """;

    // Rows as the planner of queries believes; -1 before the first look.
    private const string BelievedRows =
        """
        SELECT GREATEST(reltuples, 0)::bigint FROM pg_class WHERE oid = 'rag_metadata'::regclass
        """;

    // After a load the statistics still tell of a table without this cabinet, and the look-ups by hash would each walk through all
    // of its rows: 39 s instead of 2 for a first index of 15,000. Autovacuum comes a minute late. Without the right to do it, or while
    // somebody else looks or builds an index, it is skipped. It reads up to 30,000 pages: not for a tenth of a cabinet that is known.
    private const string LookAgain =
        """
        ANALYZE (SKIP_LOCKED) rag_metadata (cabinet_id, source_table, source_id, chunk_hash, embedded_hash, embedded_model)
        """;

    /// <summary>
    /// Intervals of the next generation in one round: about as many as run at once. What waits longer than that is a change of the cabinet,
    /// which the next round serves before it builds on.
    /// </summary>
    internal const int MostOfNext = 8;

    /// <summary>Fewer pending chunks than this are embedded before the statistics matter.</summary>
    internal const int LoadFrom = 1_000;

    /// <summary>
    /// The intervals for every due pending chunk. One round trip, two after a load that the statistics do not know; memory for 16
    /// digits of each distinct hash.
    /// </summary>
    public Task<PlanEmbeddingResult> PlanAsync(PlanEmbeddingInput input, CancellationToken cancellationToken) =>
        ObservedStep.RunAsync("plan_embedding", input.CabinetId, input.RunId, () => CutAsync(input, cancellationToken));

    private async Task<PlanEmbeddingResult> CutAsync(PlanEmbeddingInput input, CancellationToken cancellationToken)
    {
        await using var connection = await rag.Source.OpenConnectionAsync(cancellationToken);
        var (plan, isLoad) = await ReadAsync(connection, input, cancellationToken);
        if (isLoad)
        {
            await using var command = new NpgsqlCommand(LookAgain, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        return plan;
    }

    private async Task<(PlanEmbeddingResult Plan, bool IsLoad)> ReadAsync(
        NpgsqlConnection connection, PlanEmbeddingInput input, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection);
        batch.BatchCommands.Add(new(ChunksUnderLease) { Parameters = { Parameter.Of(input.CabinetId), Parameter.Of(input.Token) } });
        batch.BatchCommands.Add(new(DueTexts) { Parameters = { Parameter.Of(input.CabinetId), Parameter.Of(HashIntervals.PrefixLength) } });
        batch.BatchCommands.Add(new(BelievedRows));
        var next = (embedders.Next ?? embedders.Main).Options;
        batch.BatchCommands.Add(new(DueTextsOfNext)
        {
            Parameters =
            {
                Parameter.Of(input.CabinetId), Parameter.Of(HashIntervals.PrefixLength),
                Parameter.Of((long)((MostOfNext * next.MaxInputsPerRequest) + 1)), Parameter.Of(embedders.Keys),
            },
        });
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return (new PlanEmbeddingResult(Superseded: true, PendingChunks: 0, []), IsLoad: false);
        }

        var (chunksBefore, onNext) = (reader.GetInt64(0), reader.GetBoolean(1));
        await reader.NextResultAsync(cancellationToken);
        var (pending, chunks) = await ReadTextsAsync(reader, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var isLoad = chunks >= LoadFrom && chunks >= reader.GetInt64(0) / 10 && chunks >= chunksBefore / 2;
        await reader.NextResultAsync(cancellationToken);
        var (pendingOfNext, _) = await ReadTextsAsync(reader, cancellationToken);

        var active = Cut(pending, embedders.Main.Options).ToList();
        var ofNext = Cut(pendingOfNext, next).Take(MostOfNext).Select(interval => interval with { IsNext = true }).ToList();

        // First those that the search of the cabinet waits for.
        IReadOnlyList<HashInterval> intervals = onNext ? [.. ofNext, .. active] : [.. active, .. ofNext];
        return (new PlanEmbeddingResult(Superseded: false, chunks, intervals, Builds: !onNext), isLoad);
    }

    private static IReadOnlyList<HashInterval> Cut(List<(string Prefix, int Tokens)> texts, EmbeddingsOptions options) =>
        HashIntervals.Cut(texts, options.MaxInputsPerRequest, options.MaxTokensPerRequest, options.ParallelRequests);

    private static async Task<(List<(string Prefix, int Tokens)> Texts, long Chunks)> ReadTextsAsync(
        NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        List<(string Prefix, int Tokens)> texts = [];
        long chunks = 0;
        while (await reader.ReadAsync(cancellationToken))
        {
            texts.Add((reader.GetString(0), TokenEstimate.OfBytes(reader.GetInt32(1))));
            chunks += reader.GetInt64(2);
        }

        return (texts, chunks);
    }
}

/// <summary>Input of the activity that plans the embedding of a round.</summary>
public sealed record PlanEmbeddingInput(long CabinetId, Guid RunId, long Token);

/// <summary>Contiguous intervals of <c>chunk_hash</c> that together hold every due pending chunk of the cabinet.</summary>
/// <param name="Superseded">The token is no longer the cabinet's.</param>
/// <param name="PendingChunks">Due pending chunks found, of the active generation.</param>
/// <param name="Intervals">
/// At most 400 of the active generation and 8 of the next; identical texts never stand in two of one generation. Empty when nothing is pending.
/// </param>
/// <param name="Builds">The intervals of the next generation build it: nobody searches by it yet, so they leave the provider to others.</param>
public sealed record PlanEmbeddingResult(bool Superseded, long PendingChunks, IReadOnlyList<HashInterval> Intervals, bool Builds = false);
