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
    /// <param name="page">The rows as they are.</param>
    /// <param name="difference">What was to be written.</param>
    /// <param name="deleteGone">Rows the source no longer offers were deleted.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="InvalidOperationException">The index does not hold what was written: a trigger or a fault. Nothing of the page may be committed.</exception>
    public static async Task VerifyAsync(
        NpgsqlConnection rag, Entity entity, long cabinetId, SourcePage page, ChunkComparison difference, bool deleteGone,
        CancellationToken cancellationToken)
    {
        HashSet<long> ids = [.. difference.Changed.Select(changed => changed.Row.SourceId), .. difference.ShortenedRows];
        List<RenderedRow> rows = [.. page.Eligible.Where(row => ids.Contains(row.SourceId))];
        if (deleteGone)
        {
            ids.UnionWith(difference.GoneRows);
        }

        if (ids.Count == 0)
        {
            return;
        }

        var stored = await IndexedChunks.ReadByIdsAsync(rag, entity, cabinetId, [.. ids], cancellationToken);
        var left = ChunkComparison.Of(rows, stored, page.Failed.Keys.ToHashSet());
        if (left.Changed.Count + left.Surplus.Count + left.Gone.Count > 0)
        {
            var first = left.Changed.Select(changed => changed.Row.SourceId).Concat(left.ShortenedRows).Concat(left.GoneRows).First();
            throw new InvalidOperationException(
                $"of {ids.Count} rows of {entity.TableName()} the index holds something else than was written, the first is {first}: "
                + "does a trigger on rag_metadata change or suppress rows?");
        }
    }
}
