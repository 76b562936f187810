using Npgsql;
using RagFunctions.Core.Chunks;

namespace RagFunctions.Core.Store;

/// <summary>Reads again what a page of a full run has written, before it is committed.</summary>
internal static class WrittenChunks
{
    /// <summary>Nothing when nothing was written; else one round trip.</summary>
    /// <param name="rag">The connection of the transaction that wrote.</param>
    /// <param name="entity">Whose chunks.</param>
    /// <param name="cabinetId">The tenant.</param>
    /// <param name="rows">The page's rows as they are.</param>
    /// <param name="difference">What was to be written.</param>
    /// <param name="deleteGone">Rows the source no longer offers were deleted.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
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
