using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Store;

/// <summary>Reads what the index holds, from the narrow table only.</summary>
internal static class IndexedChunks
{
    private const string Columns = """
        m.id, m.source_id, m.chunk_index, m.chunk_hash, m.nm_id, m.business_date, m.expires_at, m.renderer_version, m.source_name
        """;

    private const string ByIds = $"""
        SELECT {Columns}
        FROM rag_metadata AS m
        WHERE m.cabinet_id = $1 AND m.source_table = $2 AND m.source_id = ANY ($3)
        ORDER BY m.source_id, m.chunk_index
        """;

    // A scalar subquery is probed row by row through the unique index; EXISTS may be hashed, which reads the whole wide table.
    private const string ByRange = $"""
        SELECT {Columns},
               m.embedded_hash IS DISTINCT FROM m.chunk_hash,
               m.embedded_hash IS NOT NULL
                 AND (m.embedded_model IS DISTINCT FROM COALESCE((SELECT model FROM rag_embedder), m.embedded_model)
                      OR (SELECT e.metadata_id FROM rag_embeddings AS e WHERE e.metadata_id = m.id) IS NULL),
               m.chunk_hash IS DISTINCT FROM encode(sha256(convert_to(m.chunk_text, 'UTF8')), 'hex')
        FROM rag_metadata AS m
        WHERE m.cabinet_id = $1 AND m.source_table = $2 AND m.source_id BETWEEN $3 AND $4
        ORDER BY m.source_id, m.chunk_index
        LIMIT $5
        """;

    /// <summary>The chunks of the named rows, in order of row and number.</summary>
    public static async Task<List<IndexedChunk>> ReadByIdsAsync(
        NpgsqlConnection rag, Entity entity, long cabinetId, long[] ids, CancellationToken cancellationToken)
    {
        await using var command = Command(rag, ByIds, entity, cabinetId);
        command.Parameters.Add(Parameter.Of<long[]>(ids));
        return await ReadAsync(command, cancellationToken);
    }

    /// <summary>The chunks of an interval of row ids in order, whole rows only.</summary>
    /// <param name="rag">An open connection to the index.</param>
    /// <param name="entity">Whose chunks.</param>
    /// <param name="first">First row id, inclusive.</param>
    /// <param name="last">Last row id, inclusive.</param>
    /// <param name="rows">About how many rows are wanted: bounds memory where the interval holds more.</param>
    /// <returns>The chunks, and the last row id they cover: <paramref name="last"/>, or less when there were too many.</returns>
    public static async Task<(List<IndexedChunk> Chunks, long Last)> ReadRangeAsync(
        NpgsqlConnection rag, Entity entity, long cabinetId, long first, long last, int rows, CancellationToken cancellationToken)
    {
        // Nearly every row has one chunk. Where a page has more of them it ends earlier; one row that alone has more is read again.
        for (var limit = rows + (rows / 4); ; limit *= 2)
        {
            await using var command = Command(rag, ByRange, entity, cabinetId);
            command.Parameters.Add(Parameter.Of<long>(first));
            command.Parameters.Add(Parameter.Of<long>(last));
            command.Parameters.Add(Parameter.Of<int>(limit));
            var chunks = await ReadAsync(command, cancellationToken);
            if (chunks.Count < limit)
            {
                return (chunks, last);
            }

            var cutRow = chunks[^1].SourceId;
            if (chunks[0].SourceId != cutRow)
            {
                chunks.RemoveAll(chunk => chunk.SourceId == cutRow);
                return (chunks, cutRow - 1);
            }
        }
    }

    /// <summary>Ends a page of the source and what was read of the index beside it at the same row.</summary>
    public static (SourcePage Page, List<IndexedChunk> Chunks) CutToSameEnd(SourcePage page, (List<IndexedChunk> Chunks, long Last) index)
    {
        page = page.CutAfter(index.Last);
        if (page.Last < index.Last)
        {
            index.Chunks.RemoveAll(chunk => chunk.SourceId > page.Last);
        }

        return (page, index.Chunks);
    }

    private static NpgsqlCommand Command(NpgsqlConnection rag, string sql, Entity entity, long cabinetId) => new(sql, rag)
    {
        Parameters =
        {
            Parameter.Of<long>(cabinetId),
            Parameter.Of<string>(entity.TableName()),
        },
    };

    private static async Task<List<IndexedChunk>> ReadAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        List<IndexedChunk> chunks = [];
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            chunks.Add(Read(reader));
        }

        return chunks;
    }

    private static IndexedChunk Read(NpgsqlDataReader row) => new(
        row.GetInt64(0),
        row.GetInt64(1),
        row.GetInt32(2),
        row.IsDBNull(3) ? null : row.GetString(3),
        row.IsDBNull(4) ? null : row.GetInt64(4),
        row.IsDBNull(5) ? null : row.GetDateTime(5),
        row.IsDBNull(6) ? null : row.GetDateTime(6),
        row.GetInt32(7),
        row.IsDBNull(8) ? null : row.GetString(8),
        row.FieldCount > 9 && row.GetBoolean(9),
        row.FieldCount > 9 && row.GetBoolean(10),
        row.FieldCount > 9 && row.GetBoolean(11));
}

/// <summary>What the index holds of one chunk, without its text and vector.</summary>
/// <param name="Id"><c>rag_metadata.id</c>.</param>
/// <param name="SourceId">Row primary key in the source.</param>
/// <param name="Index">Number within its row.</param>
/// <param name="Hash">SHA-256 of the stored text.</param>
/// <param name="NmId">Article number.</param>
/// <param name="BusinessDate">UTC.</param>
/// <param name="ExpiresAt">UTC.</param>
/// <param name="RendererVersion">Version that rendered the text.</param>
/// <param name="SourceName">Catalogue name of a product.</param>
/// <param name="Pending">Its text is not the embedded one (reads of an interval tell).</param>
/// <param name="VectorLost">It counts as embedded, but its vector is missing or of another model (reads of an interval tell).</param>
/// <param name="TextAltered">The stored text is not the one that was hashed: somebody else wrote it (reads of an interval tell).</param>
internal readonly record struct IndexedChunk(
    long Id,
    long SourceId,
    int Index,
    string? Hash,
    long? NmId,
    DateTime? BusinessDate,
    DateTime? ExpiresAt,
    int RendererVersion,
    string? SourceName,
    bool Pending,
    bool VectorLost,
    bool TextAltered = false);
