using Npgsql;
using Pgvector;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings.Providers;

namespace RagFunctions.Core.Embeddings;

/// <summary>Writes what came of a request: vectors, or why there are none. One round trip each.</summary>
internal sealed class VectorWriter
{
    // Before the vectors, in the same transaction: of two first runs the later one waits here, and its statement for the vectors sees what
    // the other has recorded.
    private const string RecordEmbedder =
        """
        INSERT INTO rag_embedder (model, dimensions, passage_prefix)
        SELECT $1, $2, $3 WHERE NOT EXISTS (SELECT FROM rag_embedder)
        ON CONFLICT (singleton) DO NOTHING
        """;

    // The text may have changed while it was embedded: only rows that still have the embedded hash take the vector, and the rows
    // that do are what drives the second half. "pause" ends a pause of the provider that is over; on all other days it writes nothing.
    private const string StoreVectors =
        """
        WITH answer AS (
            SELECT hash, vector FROM unnest($3::text[], $4::vector[]) AS a (hash, vector)
        ), stored AS (
            UPDATE rag_metadata m
            SET embedded_hash = answer.hash, embedded_model = $2, pending_since = NULL, embed_attempts = 0,
                embed_error = NULL, next_attempt_at = NULL, updated_at = now()
            FROM answer
            WHERE m.cabinet_id = $1 AND m.chunk_hash COLLATE "C" = answer.hash COLLATE "C"
              AND m.embedded_hash IS DISTINCT FROM answer.hash
              AND EXISTS (SELECT FROM rag_embedder WHERE (model, dimensions, passage_prefix) = ($2, $5, $6))
            RETURNING m.id, m.cabinet_id, m.chunk_type, answer.vector
        ), pause AS (
            UPDATE rag_provider SET not_before = NULL, reason = NULL, updated_at = clock_timestamp()
            WHERE not_before <= clock_timestamp()
        )
        INSERT INTO rag_embeddings (embedding, metadata_id, cabinet_id, chunk_type, model)
        SELECT vector, id, cabinet_id, chunk_type, $2 FROM stored
        ON CONFLICT (metadata_id) DO UPDATE
        SET embedding = EXCLUDED.embedding, cabinet_id = EXCLUDED.cabinet_id, chunk_type = EXCLUDED.chunk_type, model = EXCLUDED.model,
            updated_at = now()
        """;

    // The vector of the former text goes with the first refusal: the chunk will not get a right one soon. embedded_hash goes with
    // it, or a return to the former text would look embedded. 10 min, 40 min, … at most a day.
    private const string MarkRefused =
        """
        WITH refused AS (
            UPDATE rag_metadata
            SET embed_attempts = embed_attempts + 1, embed_error = $3, embedded_hash = NULL, embedded_model = NULL,
                next_attempt_at = now() + LEAST(interval '1 day', interval '10 minutes' * 4 ^ LEAST(embed_attempts, 5)), updated_at = now()
            WHERE cabinet_id = $1 AND chunk_hash COLLATE "C" = $2 AND embedded_hash IS DISTINCT FROM chunk_hash
            RETURNING id
        ), gone AS (
            DELETE FROM rag_embeddings e USING refused WHERE e.metadata_id = refused.id
        )
        SELECT count(*) FROM refused
        """;

    // An unusable answer says nothing against the texts, so vectors stay and the first repeat is at once; a provider that answers
    // like that for ever must not be paid in every round: 1 min, 4 min, … at most 6 h.
    private const string MarkUnanswered =
        """
        WITH kept AS (
            UPDATE rag_metadata
            SET embed_attempts = embed_attempts + 1, embed_error = $3, updated_at = now(),
                next_attempt_at = CASE WHEN embed_attempts > 0
                    THEN now() + LEAST(interval '6 hours', interval '1 minute' * 4 ^ LEAST(embed_attempts - 1, 5)) END
            WHERE cabinet_id = $1 AND chunk_hash COLLATE "C" = ANY($2) AND embedded_hash IS DISTINCT FROM chunk_hash
            RETURNING id
        )
        SELECT count(*) FROM kept
        """;

    private readonly RagDatabase _rag;
    private readonly EmbeddingsOptions _options;
    private readonly bool _isNext;
    private readonly string _storeVectors;
    private readonly string _markRefused;
    private readonly string _markUnanswered;

    /// <param name="rag">The index.</param>
    /// <param name="options">The embedder whose vectors are written.</param>
    /// <param name="generation">Where they belong.</param>
    public VectorWriter(RagDatabase rag, EmbeddingsOptions options, Generation generation)
    {
        (_rag, _options, _isNext) = (rag, options, generation.IsNext);
        (_storeVectors, _markRefused, _markUnanswered) = (generation.Sql(StoreVectors), generation.Sql(MarkRefused), generation.Sql(MarkUnanswered));
    }

    /// <summary>Stores the vector of each text with every chunk that still has this text and waits.</summary>
    /// <returns>How many chunks got a vector.</returns>
    public async Task<int> StoreAsync(
        long cabinetId, IReadOnlyList<PendingText> texts, IReadOnlyList<ReadOnlyMemory<float>> vectors, CancellationToken cancellationToken)
    {
        var hashes = texts.Select(text => text.Hash).ToArray();
        var values = vectors.Select(vector => new Vector(vector)).ToArray();
        // A run that lost its lease may still store while its successor applies changes, each locking rows in an order of its own.
        return await DatabaseRetries.Concurrency.ExecuteAsync(
            async token =>
            {
                await using var batch = _rag.Source.CreateBatch();
                Fill(batch, cabinetId, hashes, values);
                await batch.ExecuteNonQueryAsync(token);
                return batch.BatchCommands[^1].RecordsAffected;
            },
            cancellationToken);
    }

    /// <summary>Does what storing would do with one text and takes it back: shows, without a payment, whether the database takes vectors.</summary>
    /// <exception cref="NpgsqlException">It does not.</exception>
    public async Task<bool> RehearseAsync(long cabinetId, PendingText text, CancellationToken cancellationToken)
    {
        var vector = new float[_options.Dimensions];
        vector[0] = 1;
        await using var connection = await _rag.Source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction);
        Fill(batch, cabinetId, [text.Hash], [new Vector(vector)]);
        await batch.ExecuteNonQueryAsync(cancellationToken);
        await transaction.RollbackAsync(cancellationToken);
        return true;
    }

    /// <summary>Keeps the provider's refusal of a text with every chunk that waits with it, and when to try again.</summary>
    /// <returns>How many chunks that are.</returns>
    public Task<long> RefuseAsync(long cabinetId, string hash, string error, CancellationToken cancellationToken) =>
        MarkAsync(_markRefused, cabinetId, Parameter.Of(hash), error, cancellationToken);

    /// <summary>Keeps with the chunks of these texts that they got no usable answer.</summary>
    /// <returns>How many chunks that are.</returns>
    public Task<long> KeepUnansweredAsync(long cabinetId, IReadOnlyList<PendingText> texts, string error, CancellationToken cancellationToken) =>
        MarkAsync(
            _markUnanswered,
            cabinetId,
            Parameter.Of(texts.Select(text => text.Hash).ToArray()),
            error,
            cancellationToken);

    private void Fill(NpgsqlBatch batch, long cabinetId, string[] hashes, Vector[] vectors)
    {
        // Of the next generation the embedder is recorded when the change of the model begins.
        if (!_isNext)
        {
            batch.BatchCommands.Add(new(RecordEmbedder)
            {
                Parameters = { Parameter.Of(_options.ModelName), Parameter.Of(_options.Dimensions), Parameter.Of(_options.PassagePrefix) },
            });
        }

        batch.BatchCommands.Add(new(_storeVectors)
        {
            Parameters =
            {
                Parameter.Of(cabinetId), Parameter.Of(_options.ModelName), Parameter.Of(hashes), Parameter.Of(vectors),
                Parameter.Of(_options.Dimensions), Parameter.Of(_options.PassagePrefix),
            },
        });
    }

    private async Task<long> MarkAsync(string sql, long cabinetId, NpgsqlParameter hashes, string error, CancellationToken cancellationToken) =>
        await DatabaseRetries.Concurrency.ExecuteAsync(
            async token =>
            {
                await using var command = _rag.Source.CreateCommand(sql);
                command.Parameters.Add(Parameter.Of(cabinetId));
                command.Parameters.Add(hashes.Clone());
                command.Parameters.Add(Parameter.Of(error));
                return (long)(await command.ExecuteScalarAsync(token))!;
            },
            cancellationToken);
}
