using RagFunctions.Core.Chunks;

namespace RagFunctions.Core.Store;

/// <summary>The difference between what the source says now and what the index holds, for one page of rows. Pure.</summary>
internal sealed class ChunkComparison
{
    /// <summary>Chunks to write, in order of row and number.</summary>
    public List<(RenderedRow Row, RenderedChunk Chunk)> Changed { get; } = [];

    /// <summary>Index keys of chunks beyond the new end of a row that stays.</summary>
    public List<long> Surplus { get; } = [];

    /// <summary>Rows that stay and had more chunks, ascending.</summary>
    public List<long> ShortenedRows { get; } = [];

    /// <summary>Rows the index holds and the source does not offer, ascending.</summary>
    public List<long> GoneRows { get; } = [];

    /// <summary>Index keys of the chunks of <see cref="GoneRows"/>.</summary>
    public List<long> Gone { get; } = [];

    /// <summary>Index keys of chunks whose vector is missing or of another model.</summary>
    public List<long> VectorLost { get; } = [];

    /// <summary>Chunks the index did not have.</summary>
    public long New { get; private set; }

    /// <summary>Chunks whose text, or what stands beside it, changed.</summary>
    public long Updated { get; private set; }

    /// <summary>Chunks found equal.</summary>
    public long Unchanged { get; private set; }

    /// <summary>Compares.</summary>
    /// <param name="rendered">Rows as they are, in order of id.</param>
    /// <param name="indexed">What the index holds of the same interval or ids, in order of row and number.</param>
    /// <param name="failed">Rows of which nothing is known: whatever the index holds of them stays.</param>
    public static ChunkComparison Of(
        IReadOnlyList<RenderedRow> rendered, IReadOnlyList<IndexedChunk> indexed, IReadOnlySet<long> failed)
    {
        var difference = new ChunkComparison();
        var next = 0;
        foreach (var row in rendered)
        {
            while (next < indexed.Count && indexed[next].SourceId < row.SourceId)
            {
                difference.AddGone(indexed[next++], failed);
            }

            next = difference.AddRow(row, indexed, next);
        }

        while (next < indexed.Count)
        {
            difference.AddGone(indexed[next++], failed);
        }

        return difference;
    }

    /// <summary>The chunk is indexed as it is now.</summary>
    public static bool Equal(IndexedChunk before, RenderedRow row, RenderedChunk chunk) =>
        before.Hash == chunk.Hash
        && !before.TextAltered
        && before.NmId == row.NmId
        && before.BusinessDate == row.BusinessDate?.UtcDateTime
        && before.ExpiresAt == row.ExpiresAt?.UtcDateTime
        && before.RendererVersion == ChunkRenderer.Version
        && before.SourceName == row.SourceName;

    private int AddRow(RenderedRow row, IReadOnlyList<IndexedChunk> indexed, int next)
    {
        foreach (var chunk in row.Chunks)
        {
            while (next < indexed.Count && indexed[next].SourceId == row.SourceId && indexed[next].Index < chunk.Index)
            {
                AddSurplus(indexed[next++]);
            }

            if (next == indexed.Count || indexed[next].SourceId != row.SourceId || indexed[next].Index != chunk.Index)
            {
                New++;
                Changed.Add((row, chunk));
                continue;
            }

            var before = indexed[next++];
            if (before.VectorLost)
            {
                VectorLost.Add(before.Id);
            }

            if (Equal(before, row, chunk))
            {
                Unchanged++;
            }
            else
            {
                Updated++;
                Changed.Add((row, chunk));
            }
        }

        for (; next < indexed.Count && indexed[next].SourceId == row.SourceId; next++)
        {
            AddSurplus(indexed[next]);
        }

        return next;
    }

    private void AddSurplus(IndexedChunk chunk)
    {
        Surplus.Add(chunk.Id);
        AddOnce(ShortenedRows, chunk.SourceId);
    }

    private void AddGone(IndexedChunk chunk, IReadOnlySet<long> failed)
    {
        if (failed.Contains(chunk.SourceId))
        {
            return;
        }

        Gone.Add(chunk.Id);
        AddOnce(GoneRows, chunk.SourceId);
    }

    // The chunks of a row come one after another.
    private static void AddOnce(List<long> rows, long id)
    {
        if (rows.Count == 0 || rows[^1] != id)
        {
            rows.Add(id);
        }
    }
}
