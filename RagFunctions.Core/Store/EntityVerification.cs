using Npgsql;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Source;

namespace RagFunctions.Core.Store;

/// <summary>Compares one entity, page by page in order of id.</summary>
internal sealed class EntityVerification(
    NpgsqlConnection main, NpgsqlConnection rag, Entity entity, long cabinetId, DateTimeOffset asOf, int maxExamples, int pageRows,
    Func<SourceRow, RenderedRow> render)
{
    private readonly SourcePageReader _source = new(
        main,
        new ApplyRangeInput(cabinetId, Guid.Empty, 0, RunMode.Full, asOf, new ChangeRange(entity, null, null)),
        pageRows,
        render);

    private readonly List<VerifyExample> _examples = [];
    private long _rows;
    private long _chunks;
    private long _missing;
    private long _stale;
    private long _surplus;
    private long _pending;
    private long _unreadable;

    public async Task<VerifyReport> RunAsync(CancellationToken cancellationToken)
    {
        long? first = long.MinValue;
        while (first is { } start)
        {
            var source = _source.ReadRowsAsync(start, cancellationToken);
            var index = IndexedChunks.ReadRangeAsync(rag, entity, cabinetId, start, _source.LastOfRange, pageRows, cancellationToken);
            await Task.WhenAll(source, index);
            var (page, chunks) = IndexedChunks.CutToSameEnd(await source, await index);
            Compare(page, chunks);
            first = page.More ? page.Last + 1 : null;
        }

        return new VerifyReport(_rows, _chunks, _missing, _stale, _surplus, _pending, _unreadable, _examples);
    }

    private void Compare(SourcePage page, List<IndexedChunk> indexed)
    {
        var next = 0;
        foreach (var row in page.Eligible)
        {
            _rows++;
            for (; next < indexed.Count && indexed[next].SourceId < row.SourceId; next++)
            {
                Surplus(indexed[next], page);
            }

            foreach (var chunk in row.Chunks)
            {
                _chunks++;
                if (next < indexed.Count && indexed[next].SourceId == row.SourceId && indexed[next].Index == chunk.Index)
                {
                    Judge(indexed[next++], row, chunk);
                }
                else
                {
                    Note(ref _missing, "missing", row.SourceId, chunk.Index);
                }
            }

            for (; next < indexed.Count && indexed[next].SourceId == row.SourceId; next++)
            {
                Surplus(indexed[next], page);
            }
        }

        for (; next < indexed.Count; next++)
        {
            Surplus(indexed[next], page);
        }

        foreach (var id in page.Failed.Keys)
        {
            Note(ref _unreadable, "unreadable", id, null);
        }
    }

    private void Judge(IndexedChunk stored, RenderedRow row, RenderedChunk chunk)
    {
        if (!ChunkComparison.Equal(stored, row, chunk) || (stored.VectorLost && !stored.Pending))
        {
            Note(ref _stale, "stale", stored.SourceId, stored.Index);
        }
        else if (stored.Pending)
        {
            Note(ref _pending, "pending", stored.SourceId, stored.Index);
        }
    }

    private void Surplus(IndexedChunk chunk, SourcePage page)
    {
        if (!page.Failed.ContainsKey(chunk.SourceId))
        {
            Note(ref _surplus, "surplus", chunk.SourceId, chunk.Index);
        }
    }

    private void Note(ref long count, string kind, long sourceId, int? chunkIndex)
    {
        count++;
        if (_examples.Count < maxExamples)
        {
            _examples.Add(new VerifyExample(kind, entity, sourceId, chunkIndex));
        }
    }
}
