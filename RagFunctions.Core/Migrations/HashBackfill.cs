using Npgsql;

namespace RagFunctions.Core.Migrations;

/// <summary>
/// Fills <c>chunk_hash</c> where it is NULL with the SHA-256 of the UTF-8 text in lower-case hex. Interrupted, it goes on with
/// what is left.
/// </summary>
public static class HashBackfill
{
    /// <summary>Rows looked at by one statement, by default.</summary>
    public const int DefaultBatch = 5_000;

    private const string SelectExtent = "SELECT count(*), min(id), max(id) FROM rag_metadata WHERE chunk_hash IS NULL";

    // Rows that a writer holds are skipped and not waited for: the writer stores the hash itself, and two that lock many rows
    // in different orders would deadlock. A pending chunk says since when.
    private const string FillRange = """
        WITH missing AS (
            SELECT id FROM rag_metadata
            WHERE id >= $1 AND id < $2 AND chunk_hash IS NULL
            ORDER BY id
            FOR UPDATE SKIP LOCKED)
        UPDATE rag_metadata m
        SET chunk_hash = encode(sha256(convert_to(m.chunk_text, 'UTF8')), 'hex'), pending_since = coalesce(m.pending_since, now())
        FROM missing WHERE m.id = missing.id
        """;

    /// <summary>Fills all rows there are, in ranges of ids, each a transaction of its own.</summary>
    /// <param name="rag">The index database.</param>
    /// <param name="batch">Width of a range; at least 1.</param>
    /// <param name="onProgress">Called when counting is done and after every range.</param>
    /// <param name="cancellationToken">Stops between two ranges, or takes back the range under way.</param>
    public static async Task<HashBackfillProgress> RunAsync(
        NpgsqlDataSource rag, int batch, Action<HashBackfillProgress> onProgress, CancellationToken cancellationToken)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(batch, 1);
        var (found, first, last) = await ReadExtentAsync(rag, cancellationToken);
        var progress = new HashBackfillProgress(found, Done: 0, Remaining: found);
        onProgress(progress);
        for (var from = first; from <= last && found > 0; from += batch)
        {
            await using var fill = rag.CreateCommand(FillRange);
            fill.CommandTimeout = 0;
            fill.Parameters.AddWithValue(from);
            fill.Parameters.AddWithValue(from + batch);
            var done = progress.Done + await fill.ExecuteNonQueryAsync(cancellationToken);
            progress = new HashBackfillProgress(found, done, Math.Max(0, found - done));
            onProgress(progress);
        }

        var (remaining, _, _) = await ReadExtentAsync(rag, cancellationToken);
        return progress with { Remaining = remaining };
    }

    private static async Task<(long Count, long First, long Last)> ReadExtentAsync(NpgsqlDataSource rag, CancellationToken cancellationToken)
    {
        await using var command = rag.CreateCommand(SelectExtent);
        command.CommandTimeout = 0;
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return row.GetInt64(0) == 0 ? (0, 0, 0) : (row.GetInt64(0), row.GetInt64(1), row.GetInt64(2));
    }
}

/// <summary>How far a back-fill is.</summary>
/// <param name="Found">Chunks without a hash when it began.</param>
/// <param name="Done">Chunks it has given one.</param>
/// <param name="Remaining">Chunks still without one: at the end, those that a writer held meanwhile.</param>
public sealed record HashBackfillProgress(long Found, long Done, long Remaining);
