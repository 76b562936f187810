using FluentMigrator;
using Npgsql;

namespace RagFunctions.Core.Migrations.Rag.Search;

/// <summary>
/// Words and quantised vectors of what was there before the tables for them, then the index that leads from a cabinet's word to its chunks.
/// In batches, each a transaction of its own, while the index is read and written; interrupted, it goes on with what is missing.
/// </summary>
[Migration(131, TransactionBehavior.None, "words and quantised vectors of the chunks that are there, in batches; the index over the words")]
public sealed class Step131SearchRows : ConcurrentIndexMigration
{
    // Each search reads the list of what is not sorted in yet from end to end, so it is kept short.
    private const string WordsIndex = """
        CREATE INDEX CONCURRENTLY idx_rag_words ON rag_words USING gin (words) WITH (gin_pending_list_limit = 256)
        """;

    private const int Batch = 2_000;

    // Whoever deletes a chunk meanwhile is waited for by nobody: the row lock keeps it until its words are stored, and one that is being
    // deleted is left out.
    private const string FillWords = """
        INSERT INTO rag_words (metadata_id, business_date, expires_at, words)
        SELECT m.id, m.business_date, m.expires_at, rag_words_of(m.cabinet_id, m.chunk_type, m.nm_id, m.chunk_text)
        FROM rag_metadata AS m
        WHERE m.id > $1 AND m.id <= $2 AND NOT EXISTS (SELECT FROM rag_words AS w WHERE w.metadata_id = m.id)
        FOR KEY SHARE OF m SKIP LOCKED
        ON CONFLICT (metadata_id) DO NOTHING
        """;

    private const string FillBits = """
        INSERT INTO rag_vector_bits (metadata_id, cabinet_id, nm_id, business_date, expires_at, model_key, chunk_type, bits)
        SELECT m.id, m.cabinet_id, m.nm_id, m.business_date, m.expires_at, rag_model_key(e.model), m.chunk_type, binary_quantize(e.embedding)
        FROM rag_embeddings AS e JOIN rag_metadata AS m ON m.id = e.metadata_id
        WHERE m.id > $1 AND m.id <= $2 AND NOT EXISTS (SELECT FROM rag_vector_bits AS b WHERE b.metadata_id = m.id)
        FOR KEY SHARE OF m, e SKIP LOCKED
        ON CONFLICT (metadata_id) DO NOTHING
        """;

    private const string NextLast = """
        SELECT max(id) FROM (SELECT id FROM rag_metadata WHERE id > $1 ORDER BY id LIMIT $2) AS batch
        """;

    private protected override IReadOnlyList<ConcurrentIndex> Indexes { get; } = [new("idx_rag_words", WordsIndex)];

    private protected override void Prepare(NpgsqlConnection connection)
    {
        long first = 0;
        while (Ask(connection, NextLast, first, Batch) is long last)
        {
            Ask(connection, FillWords, first, last);
            Ask(connection, FillBits, first, last);
            first = last;
        }
    }

    private static object? Ask(NpgsqlConnection connection, string sql, long first, long second)
    {
        using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = first });
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = second });
        return command.ExecuteScalar();
    }
}
