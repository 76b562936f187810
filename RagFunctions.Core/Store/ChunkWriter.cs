using Npgsql;
using NpgsqlTypes;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Store;

/// <summary>Writes a page's difference to the index: three statements at most, one round trip. Unchanged rows are not touched.</summary>
internal static class ChunkWriter
{
    private const NpgsqlDbType Instants = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz;

    // A chunk is pending while the hash that was embedded is not the hash of its text; pending_since goes with that. A text that
    // returns to the embedded one needs no embedding. Its old vector stays until the new one is there.
    private const string Upsert = """
        INSERT INTO rag_metadata AS m (
            cabinet_id, source_table, source_id, chunk_index, chunk_type, chunk_text, chunk_hash,
            nm_id, business_date, expires_at, renderer_version, source_name, pending_since)
        SELECT $1, $2, c.source_id, c.chunk_index, $3, c.chunk_text, c.chunk_hash,
               c.nm_id, c.business_date, c.expires_at, $4, c.source_name, clock_timestamp()
        FROM unnest($5, $6, $7, $8, $9, $10, $11, $12)
            AS c (source_id, chunk_index, chunk_text, chunk_hash, nm_id, business_date, expires_at, source_name)
        ORDER BY c.source_id, c.chunk_index
        ON CONFLICT (cabinet_id, source_table, source_id, chunk_index) DO UPDATE
        SET chunk_text = EXCLUDED.chunk_text,
            chunk_hash = EXCLUDED.chunk_hash,
            nm_id = EXCLUDED.nm_id,
            business_date = EXCLUDED.business_date,
            expires_at = EXCLUDED.expires_at,
            renderer_version = EXCLUDED.renderer_version,
            source_name = EXCLUDED.source_name,
            pending_since = CASE WHEN m.embedded_hash IS DISTINCT FROM EXCLUDED.chunk_hash
                                 THEN COALESCE(m.pending_since, EXCLUDED.pending_since) END,
            embed_attempts = CASE WHEN m.chunk_hash = EXCLUDED.chunk_hash THEN m.embed_attempts ELSE 0 END,
            embed_error = CASE WHEN m.chunk_hash = EXCLUDED.chunk_hash THEN m.embed_error END,
            next_attempt_at = CASE WHEN m.chunk_hash = EXCLUDED.chunk_hash THEN m.next_attempt_at END,
            next_attempts = CASE WHEN m.chunk_hash = EXCLUDED.chunk_hash THEN m.next_attempts ELSE 0 END,
            next_error = CASE WHEN m.chunk_hash = EXCLUDED.chunk_hash THEN m.next_error END,
            next_retry_at = CASE WHEN m.chunk_hash = EXCLUDED.chunk_hash THEN m.next_retry_at END,
            updated_at = clock_timestamp()
        WHERE (m.chunk_hash, m.nm_id, m.business_date, m.expires_at, m.renderer_version, m.source_name)
            IS DISTINCT FROM (EXCLUDED.chunk_hash, EXCLUDED.nm_id, EXCLUDED.business_date, EXCLUDED.expires_at,
                              EXCLUDED.renderer_version, EXCLUDED.source_name)
           OR m.chunk_text IS DISTINCT FROM EXCLUDED.chunk_text
        """;

    private const string Delete = "DELETE FROM rag_metadata WHERE cabinet_id = $1 AND id = ANY ($2)";

    private const string ForgetVectors = """
        UPDATE rag_metadata
        SET embedded_hash = NULL, embedded_model = NULL, pending_since = COALESCE(pending_since, clock_timestamp())
        WHERE cabinet_id = $1 AND id = ANY ($2)
        """;

    /// <summary>Writes within the transaction; no statement at all when nothing differs.</summary>
    /// <param name="transaction">The sub-batch's transaction.</param>
    /// <param name="entity">Whose chunks.</param>
    /// <param name="difference">What to write.</param>
    /// <param name="deleteGone">False: rows the source no longer offers keep their chunks (the guard holds).</param>
    public static async Task WriteAsync(
        NpgsqlTransaction transaction, Entity entity, long cabinetId, ChunkComparison difference, bool deleteGone,
        CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(transaction.Connection!, transaction);
        long[] deleted = deleteGone ? [.. difference.Surplus, .. difference.Gone] : [.. difference.Surplus];
        if (deleted.Length > 0)
        {
            batch.BatchCommands.Add(ByKeys(Delete, cabinetId, deleted));
        }

        if (difference.Changed.Count > 0)
        {
            batch.BatchCommands.Add(UpsertCommand(entity, cabinetId, difference.Changed));
        }

        if (difference.VectorLost.Count > 0)
        {
            batch.BatchCommands.Add(ByKeys(ForgetVectors, cabinetId, [.. difference.VectorLost]));
        }

        if (batch.BatchCommands.Count > 0)
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>Writes some of a page's chunks within the transaction.</summary>
    public static async Task WriteAsync(
        NpgsqlTransaction transaction, Entity entity, long cabinetId, List<(RenderedRow Row, RenderedChunk Chunk)> changed,
        CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(transaction.Connection!, transaction) { BatchCommands = { UpsertCommand(entity, cabinetId, changed) } };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlBatchCommand ByKeys(string sql, long cabinetId, long[] keys) => new(sql)
    {
        Parameters =
        {
            Parameter.Of<long>(cabinetId),
            Parameter.Of<long[]>(keys),
        },
    };

    private static NpgsqlBatchCommand UpsertCommand(
        Entity entity, long cabinetId, List<(RenderedRow Row, RenderedChunk Chunk)> changed)
    {
        var count = changed.Count;
        var sourceIds = new long[count];
        var indexes = new int[count];
        var texts = new string[count];
        var hashes = new string[count];
        var nmIds = new long?[count];
        var businessDates = new DateTime?[count];
        var expiries = new DateTime?[count];
        var names = new string?[count];
        for (var i = 0; i < count; i++)
        {
            var (row, chunk) = changed[i];
            sourceIds[i] = row.SourceId;
            indexes[i] = chunk.Index;
            texts[i] = chunk.Text;
            hashes[i] = chunk.Hash;
            nmIds[i] = row.NmId;
            businessDates[i] = row.BusinessDate?.UtcDateTime;
            expiries[i] = row.ExpiresAt?.UtcDateTime;
            names[i] = row.SourceName;
        }

        return new NpgsqlBatchCommand(Upsert)
        {
            Parameters =
            {
                Parameter.Of<long>(cabinetId),
                Parameter.Of<string>(entity.TableName()),
                Parameter.Of<string>(entity.ChunkType()),
                Parameter.Of<int>(ChunkRenderer.Version),
                Parameter.Of<long[]>(sourceIds),
                Parameter.Of<int[]>(indexes),
                Parameter.Of<string[]>(texts),
                Parameter.Of<string[]>(hashes),
                Parameter.Of<long?[]>(nmIds),
                new NpgsqlParameter<DateTime?[]> { NpgsqlDbType = Instants, TypedValue = businessDates },
                new NpgsqlParameter<DateTime?[]> { NpgsqlDbType = Instants, TypedValue = expiries },
                Parameter.Of<string?[]>(names),
            },
        };
    }
}

/// <summary>Reads again what a page of a full run has written, before it is committed.</summary>
internal static class WrittenChunks
{
    /// <summary>Nothing when nothing was written; else one round trip.</summary>
    /// <param name="rag">The connection of the transaction that wrote.</param>
    /// <param name="entity">Whose chunks.</param>
    /// <param name="rows">The page's rows as they are.</param>
    /// <param name="difference">What was to be written.</param>
    /// <param name="deleteGone">Rows the source no longer offers were deleted.</param>
    /// <exception cref="InvalidOperationException">The index does not hold what was written: a trigger or a fault. Nothing of the page may be committed.</exception>
    public static async Task VerifyAsync(
        NpgsqlConnection rag, Entity entity, long cabinetId, IReadOnlyList<RenderedRow> rows, ChunkComparison difference, bool deleteGone,
        CancellationToken cancellationToken)
    {
        // None of them has failed: of such a row nothing is written.
        HashSet<long> ids = [.. difference.Changed.Select(changed => changed.Row.SourceId), .. difference.ShortenedRows, .. deleteGone ? difference.GoneRows : []];
        if (ids.Count == 0)
        {
            return;
        }

        var stored = await IndexedChunks.ReadByIdsAsync(rag, entity, cabinetId, [.. ids], cancellationToken);
        var left = ChunkComparison.Of([.. rows.Where(row => ids.Contains(row.SourceId))], stored, failed: new HashSet<long>());
        if (left.Changed.Count + left.Surplus.Count + left.Gone.Count > 0)
        {
            var first = left.Changed.Select(changed => changed.Row.SourceId).Concat(left.ShortenedRows).Concat(left.GoneRows).First();
            throw new InvalidOperationException(
                $"of {ids.Count} rows of {entity.TableName()} the index holds something else than was written, the first is {first}: "
                + "does a trigger on rag_metadata change or suppress rows?");
        }
    }
}
