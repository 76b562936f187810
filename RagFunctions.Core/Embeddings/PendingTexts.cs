using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings.Providers;
using RagFunctions.Core.Leases;

namespace RagFunctions.Core.Embeddings;

/// <summary>Reads what still waits in an interval of hashes, after giving it what the index already has.</summary>
internal sealed class PendingTexts
{
    private const string RecordedEmbedder =
        """
        SELECT model, dimensions, passage_prefix FROM rag_embedder
        """;

    private const string OwnTrouble =
        """
        SELECT store_failures, CASE WHEN embedding_not_before > clock_timestamp() THEN embedding_not_before END
        FROM rag_index_status WHERE cabinet_id = $1
        """;

    // The planner believes that nearly all chunks are pending, and would start a process beside its own to read a few hundred.
    private const string Alone =
        """
        SELECT set_config('max_parallel_workers_per_gather', '0', true)
        """;

    // A scalar subquery with LIMIT: one index look-up for each text. A chunk counts as owner of a vector only where text and vector agree.
    private const string Due =
        """
        WITH due AS (
            SELECT DISTINCT ON (chunk_hash COLLATE "C") chunk_hash, chunk_text, octet_length(chunk_text) AS bytes, embed_attempts
            FROM rag_metadata
            WHERE cabinet_id = $1 AND embedded_hash IS DISTINCT FROM chunk_hash
              AND chunk_hash COLLATE "C" >= $2 AND ($3::text IS NULL OR chunk_hash COLLATE "C" < $3)
              AND (next_attempt_at IS NULL OR next_attempt_at <= now())
            ORDER BY chunk_hash COLLATE "C", embed_attempts DESC
            LIMIT $4
        )
        SELECT due.chunk_hash, due.chunk_text, due.bytes, due.embed_attempts,
               (SELECT e.metadata_id
                FROM rag_metadata s JOIN rag_embeddings e ON e.metadata_id = s.id
                WHERE s.cabinet_id = $1 AND s.chunk_hash COLLATE "C" = due.chunk_hash COLLATE "C"
                  AND s.embedded_hash = s.chunk_hash AND s.embedded_model = $5 AND e.model = $5
                LIMIT 1) IS NOT NULL
        FROM due
        ORDER BY due.chunk_hash COLLATE "C"
        """;

    private const string Reuse =
        """
        WITH found AS (
            SELECT p.id, p.chunk_hash, same.embedding
            FROM rag_metadata p
            CROSS JOIN LATERAL (
                SELECT e.embedding
                FROM rag_metadata s JOIN rag_embeddings e ON e.metadata_id = s.id
                WHERE s.cabinet_id = $1 AND s.chunk_hash COLLATE "C" = p.chunk_hash COLLATE "C"
                  AND s.embedded_hash = s.chunk_hash AND s.embedded_model = $2 AND e.model = $2
                LIMIT 1) AS same
            WHERE p.cabinet_id = $1 AND p.embedded_hash IS DISTINCT FROM p.chunk_hash AND p.chunk_hash COLLATE "C" = ANY ($3)
              AND EXISTS (SELECT FROM rag_embedder WHERE (model, dimensions, passage_prefix) = ($2, $5, $4))
        ), stored AS (
            UPDATE rag_metadata m
            SET embedded_hash = found.chunk_hash, embedded_model = $2, pending_since = NULL, embed_attempts = 0,
                embed_error = NULL, next_attempt_at = NULL, updated_at = now()
            FROM found
            WHERE m.id = found.id AND m.chunk_hash = found.chunk_hash AND m.embedded_hash IS DISTINCT FROM found.chunk_hash
            RETURNING m.id, m.cabinet_id, m.chunk_type, found.embedding
        )
        INSERT INTO rag_embeddings (embedding, metadata_id, cabinet_id, chunk_type, model)
        SELECT embedding, id, cabinet_id, chunk_type, $2 FROM stored
        ON CONFLICT (metadata_id) DO UPDATE
        SET embedding = EXCLUDED.embedding, cabinet_id = EXCLUDED.cabinet_id, chunk_type = EXCLUDED.chunk_type, model = EXCLUDED.model,
            updated_at = now()
        """;

    private readonly RagDatabase _rag;
    private readonly EmbeddingsOptions _options;
    private readonly bool _isNext;
    private readonly string _pauses;
    private readonly string _recordedEmbedder;
    private readonly string _due;
    private readonly string _reuse;

    /// <param name="rag">The index.</param>
    /// <param name="options">The embedder whose vectors the texts wait for.</param>
    /// <param name="generation">Whose vectors they are.</param>
    public PendingTexts(RagDatabase rag, EmbeddingsOptions options, Generation generation)
    {
        (_rag, _options, _isNext) = (rag, options, generation.IsNext);
        (_pauses, _recordedEmbedder) = (generation.Sql(ProviderPause.Pauses), generation.Sql(RecordedEmbedder));
        (_due, _reuse) = (generation.Sql(Due), generation.Sql(Reuse));
    }

    /// <summary>
    /// Renews the lease, reads at most one request's worth of texts, and first gives those their vector that the index has already.
    /// Two round trips at any size, two more where there are such texts.
    /// </summary>
    /// <param name="token">The round's token.</param>
    /// <param name="from">First hash, inclusive; a border of an interval or a hash read before with a character appended.</param>
    /// <param name="to">First hash that is not wanted; null: to the end.</param>
    /// <param name="cancellationToken">Stops the waiting.</param>
    public async Task<PendingPage> ReadAsync(long cabinetId, long token, string from, string? to, CancellationToken cancellationToken)
    {
        await using var connection = await _rag.Source.OpenConnectionAsync(cancellationToken);
        if (!await LeaseHeartbeat.RenewAsync(connection, cabinetId, token, cancellationToken))
        {
            return new PendingPage(LeaseHeld: false, 0, [], More: false, null, null, OnProbation: false, StoreFailures: 0);
        }

        for (var reused = 0; ;)
        {
            var (page, owned) = await ReadDueAsync(connection, cabinetId, from, to, cancellationToken);
            var served = owned.Count == 0 ? 0 : await ReuseAsync(connection, cabinetId, owned, cancellationToken);
            reused += served;
            if (served == 0)
            {
                return page with { Reused = reused };
            }
        }
    }

    private async Task<(PendingPage Page, List<string> Owned)> ReadDueAsync(
        NpgsqlConnection connection, long cabinetId, string from, string? to, CancellationToken cancellationToken)
    {
        var due = new NpgsqlBatchCommand(_due);
        due.Parameters.Add(Parameter.Of(cabinetId));
        due.Parameters.Add(Parameter.Of(from));
        due.Parameters.Add(Parameter.Of(to));
        due.Parameters.Add(Parameter.Of(_options.MaxInputsPerRequest + 1));
        due.Parameters.Add(Parameter.Of(_options.ModelName));
        await using var batch = new NpgsqlBatch(connection)
        {
            BatchCommands =
            {
                new(Alone), new(_pauses), new(_recordedEmbedder), new(OwnTrouble) { Parameters = { Parameter.Of(cabinetId) } }, due,
            },
        };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        var paused = await reader.ReadAsync(cancellationToken);
        var onProbation = paused && reader.GetBoolean(1);
        DateTimeOffset? notBefore = paused && !onProbation ? reader.GetFieldValue<DateTimeOffset>(0) : null;
        await reader.NextResultAsync(cancellationToken);
        var recorded = await reader.ReadAsync(cancellationToken)
            ? new EmbedderIdentity(reader.GetString(0), reader.GetInt32(1), reader.GetString(2))
            : null;
        await reader.NextResultAsync(cancellationToken);
        var storeFailures = 0;
        if (await reader.ReadAsync(cancellationToken))
        {
            storeFailures = reader.GetInt32(0);
            var own = _isNext ? null : reader.GetFieldValue<DateTimeOffset?>(1);
            notBefore = notBefore > own ? notBefore : own ?? notBefore;
        }

        await reader.NextResultAsync(cancellationToken);
        List<PendingText> texts = [];
        List<string> owned = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            texts.Add(new PendingText(reader.GetString(0), reader.GetString(1), reader.GetInt32(2), reader.GetInt32(3)));
            if (reader.GetBoolean(4))
            {
                owned.Add(texts[^1].Hash);
            }
        }

        var more = texts.Count > _options.MaxInputsPerRequest;
        if (more)
        {
            texts.RemoveAt(texts.Count - 1);
        }

        return (new PendingPage(LeaseHeld: true, 0, texts, more, notBefore, recorded, onProbation, storeFailures), owned);
    }

    private async Task<int> ReuseAsync(NpgsqlConnection connection, long cabinetId, List<string> hashes, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(_reuse, connection);
        command.Parameters.Add(Parameter.Of(cabinetId));
        command.Parameters.Add(Parameter.Of(_options.ModelName));
        command.Parameters.Add(Parameter.Of(hashes.ToArray()));
        command.Parameters.Add(Parameter.Of(_options.PassagePrefix));
        command.Parameters.Add(Parameter.Of(_options.Dimensions));
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <summary>What is pending in a part of an interval.</summary>
/// <param name="LeaseHeld">False: another run has the cabinet; the rest is empty.</param>
/// <param name="Reused">Chunks that just got the vector of an identical text.</param>
/// <param name="Texts">Distinct texts in the order of their hashes.</param>
/// <param name="More">The interval goes on after the last of them.</param>
/// <param name="NotBefore">The provider must not be asked before: it pauses for everybody, or the embedding of this cabinet does.</param>
/// <param name="Recorded">The embedder the index is bound to; null: none yet.</param>
/// <param name="OnProbation">A pause of the provider is over, and no answer has shown yet that it works again.</param>
/// <param name="StoreFailures">How many runs in a row have paid for vectors, or would have, that could not be stored.</param>
public sealed record PendingPage(
    bool LeaseHeld,
    int Reused,
    IReadOnlyList<PendingText> Texts,
    bool More,
    DateTimeOffset? NotBefore,
    EmbedderIdentity? Recorded,
    bool OnProbation,
    int StoreFailures);

/// <summary>A text that waits for its vector; however many chunks have it.</summary>
/// <param name="Hash">Its <c>chunk_hash</c>.</param>
/// <param name="Text">What to embed.</param>
/// <param name="Bytes">Its length in UTF-8: a bound for its tokens.</param>
/// <param name="Attempts">How often an answer with it was unusable or it was refused.</param>
public sealed record PendingText(string Hash, string Text, int Bytes, int Attempts);
