using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Search;

/// <summary>Checks the words and quantised vectors of a cabinet against its texts and vectors, and makes them anew where they differ.</summary>
/// <remarks>Triggers keep them; only somebody who has switched those off, or a restore without them, can have left a difference.</remarks>
public sealed class SearchTables(RagDatabase rag)
{
    private const string WrongWords = """
        FROM rag_metadata AS m LEFT JOIN rag_words AS w ON w.metadata_id = m.id
        WHERE m.cabinet_id = $1
          AND (w.words, w.business_date, w.expires_at)
              IS DISTINCT FROM (rag_words_of(m.cabinet_id, m.chunk_type, m.nm_id, m.chunk_text), m.business_date, m.expires_at)
        """;

    private const string WrongBits = """
        FROM rag_embeddings AS e JOIN rag_metadata AS m ON m.id = e.metadata_id LEFT JOIN rag_vector_bits AS b ON b.metadata_id = m.id
        WHERE e.cabinet_id = $1
          AND (b.cabinet_id, b.nm_id, b.business_date, b.expires_at, b.model_key, b.chunk_type, b.bits)
              IS DISTINCT FROM (m.cabinet_id, m.nm_id, m.business_date, m.expires_at, rag_model_key(e.model), m.chunk_type, binary_quantize(e.embedding)::varbit)
        """;

    private const string Count = $"SELECT (SELECT count(*) {WrongWords}), (SELECT count(*) {WrongBits})";

    private const string RepairWords = $"""
        INSERT INTO rag_words (metadata_id, business_date, expires_at, words)
        SELECT m.id, m.business_date, m.expires_at, rag_words_of(m.cabinet_id, m.chunk_type, m.nm_id, m.chunk_text) {WrongWords}
        LIMIT 2000
        ON CONFLICT (metadata_id) DO UPDATE SET business_date = EXCLUDED.business_date, expires_at = EXCLUDED.expires_at, words = EXCLUDED.words
        """;

    private const string RepairBits = $"""
        INSERT INTO rag_vector_bits (metadata_id, cabinet_id, nm_id, business_date, expires_at, model_key, chunk_type, bits)
        SELECT m.id, m.cabinet_id, m.nm_id, m.business_date, m.expires_at, rag_model_key(e.model), m.chunk_type, binary_quantize(e.embedding) {WrongBits}
        LIMIT 2000
        ON CONFLICT (metadata_id) DO UPDATE
        SET cabinet_id = EXCLUDED.cabinet_id, nm_id = EXCLUDED.nm_id, business_date = EXCLUDED.business_date, expires_at = EXCLUDED.expires_at,
            model_key = EXCLUDED.model_key, chunk_type = EXCLUDED.chunk_type, bits = EXCLUDED.bits
        """;

    /// <summary>Compares, writes nothing. It makes every chunk's words again, some ten thousand a second.</summary>
    public async Task<SearchTablesReport> VerifyAsync(long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = Command(Count, cabinetId);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new SearchTablesReport(row.GetInt64(0), row.GetInt64(1));
    }

    /// <summary>Makes anew what differs, in batches, each a transaction of its own.</summary>
    public async Task RepairAsync(long cabinetId, CancellationToken cancellationToken)
    {
        foreach (var sql in (string[])[RepairWords, RepairBits])
        {
            int repaired;
            do
            {
                await using var command = Command(sql, cabinetId);
                repaired = await command.ExecuteNonQueryAsync(cancellationToken);
            }
            while (repaired > 0);
        }
    }

    private NpgsqlCommand Command(string sql, long cabinetId)
    {
        var command = rag.Source.CreateCommand(sql);
        command.CommandTimeout = 0;
        command.Parameters.Add(Parameter.Of(cabinetId));
        return command;
    }
}

/// <summary>What the search would miss or find wrongly.</summary>
/// <param name="Words">Chunks without their words, or with others.</param>
/// <param name="Bits">Vectors without their quantised form, or with another.</param>
public sealed record SearchTablesReport(long Words, long Bits)
{
    /// <summary>Nothing differs.</summary>
    public bool IsClean => Words + Bits == 0;
}
