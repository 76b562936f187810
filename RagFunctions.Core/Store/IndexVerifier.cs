using System.Text;
using Npgsql;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Source;

namespace RagFunctions.Core.Store;

/// <summary>Renders every row again and compares with the index. Writes nothing and needs no lease, so it may run at any time.</summary>
/// <remarks>Beside a run under way, what that run has not reached yet is reported as a difference.</remarks>
public sealed class IndexVerifier(MainDatabase main, RagDatabase rag)
{
    // More than a transaction of a run has: nothing is held here but memory, and each page costs two statements.
    internal int PageRows { get; init; } = 4_000;

    internal Func<SourceRow, RenderedRow> Render { get; init; } = ChunkRenderer.Render;

    /// <summary>Compares all entities of a cabinet, pages of 4,000 rows at a time.</summary>
    /// <param name="asOf">The instant eligibility is measured at: that of the run to be verified, or now.</param>
    /// <param name="examples">At most so many differences are named.</param>
    /// <param name="cancellationToken">Stops the comparison.</param>
    public async Task<VerifyReport> VerifyAsync(long cabinetId, DateTimeOffset asOf, int examples, CancellationToken cancellationToken)
    {
        var reports = await EntityFanOut.ReadAsync(
            main, rag, EntityNames.All,
            (source, index, entity, token) => new EntityVerification(source, index, entity, cabinetId, asOf, examples, PageRows, Render).RunAsync(token),
            cancellationToken);
        return VerifyReport.Sum(reports) with { Examples = [.. reports.SelectMany(report => report.Examples).Take(examples)] };
    }
}

/// <summary>How the index of a cabinet differs from its source.</summary>
/// <param name="Rows">Eligible source rows.</param>
/// <param name="Chunks">Chunks they render to.</param>
/// <param name="Missing">Chunks the index should hold and does not.</param>
/// <param name="Stale">Chunks whose text, dates, article or name differ, or whose vector is missing or of another model.</param>
/// <param name="Surplus">Chunks that no eligible row renders to, expired ones included.</param>
/// <param name="Pending">Chunks that wait for their vector.</param>
/// <param name="Unreadable">Rows that cannot be read or rendered; their chunks are not judged.</param>
/// <param name="Examples">Some of the differences, at most as many as asked for.</param>
public sealed record VerifyReport(
    long Rows, long Chunks, long Missing, long Stale, long Surplus, long Pending, long Unreadable, IReadOnlyList<VerifyExample> Examples)
{
    /// <summary>Index and source agree and everything is embedded.</summary>
    public bool IsClean => Missing + Stale + Surplus + Pending + Unreadable == 0;

    /// <summary>Chunks that an older version of the renderer made: a part of <see cref="Stale"/>. Only those whose text differs cost a vector.</summary>
    public long Older { get; init; }

    /// <summary>Texts that a full run would have to embed, at most: some may be vectors that the cabinet has, under another row.</summary>
    public TextVolume ToEmbed { get; init; }

    /// <summary>All texts of the source.</summary>
    public TextVolume Whole { get; init; }

    /// <summary>The figures of several together, without their examples.</summary>
    public static VerifyReport Sum(IReadOnlyCollection<VerifyReport> reports) => new(
        reports.Sum(report => report.Rows),
        reports.Sum(report => report.Chunks),
        reports.Sum(report => report.Missing),
        reports.Sum(report => report.Stale),
        reports.Sum(report => report.Surplus),
        reports.Sum(report => report.Pending),
        reports.Sum(report => report.Unreadable),
        [])
    {
        Older = reports.Sum(report => report.Older),
        ToEmbed = new TextVolume(reports.Sum(report => report.ToEmbed.Texts), reports.Sum(report => report.ToEmbed.Bytes)),
        Whole = new TextVolume(reports.Sum(report => report.Whole.Texts), reports.Sum(report => report.Whole.Bytes)),
    };
}

/// <summary>How much text it is.</summary>
/// <param name="Texts">How many.</param>
/// <param name="Bytes">In UTF-8.</param>
public readonly record struct TextVolume(long Texts, long Bytes)
{
    /// <summary>One more.</summary>
    internal TextVolume With(int bytes) => new(Texts + 1, Bytes + bytes);
}

/// <summary>One difference between index and source.</summary>
/// <param name="Kind"><c>missing</c>, <c>stale</c>, <c>surplus</c>, <c>pending</c> or <c>unreadable</c>.</param>
/// <param name="Entity">Whose row.</param>
/// <param name="SourceId">Row primary key.</param>
/// <param name="ChunkIndex">Number of the chunk within its row; null = the whole row.</param>
public sealed record VerifyExample(string Kind, Entity Entity, long SourceId, int? ChunkIndex);

/// <summary>Compares one entity, page by page in order of id.</summary>
internal sealed class EntityVerification(
    NpgsqlConnection main, NpgsqlConnection rag, Entity entity, long cabinetId, DateTimeOffset asOf, int maxExamples, int pageRows,
    Func<SourceRow, RenderedRow> render)
{
    private readonly SourcePageReader _source = new(
        main,
        new ApplyChangesInput(cabinetId, Guid.Empty, 0, RunMode.Full, asOf, new ChangeRange(entity, null, null)),
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
    private long _older;
    private TextVolume _toEmbed;
    private TextVolume _whole;

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

        return new VerifyReport(_rows, _chunks, _missing, _stale, _surplus, _pending, _unreadable, _examples)
        {
            Older = _older,
            ToEmbed = _toEmbed,
            Whole = _whole,
        };
    }

    private void Compare(SourcePage page, List<IndexedChunk> indexed)
    {
        var next = 0;
        // Identical texts are paid for once; those on other pages are not remembered, so that memory does not grow with the rows.
        HashSet<string> counted = new(StringComparer.Ordinal);
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
                var bytes = Encoding.UTF8.GetByteCount(chunk.Text);
                _whole = _whole.With(bytes);
                var isEmbedded = false;
                if (next < indexed.Count && indexed[next].SourceId == row.SourceId && indexed[next].Index == chunk.Index)
                {
                    var stored = indexed[next++];
                    isEmbedded = stored.Hash == chunk.Hash && !stored.Pending && !stored.VectorLost;
                    Judge(stored, row, chunk);
                }
                else
                {
                    Note(ref _missing, "missing", row.SourceId, chunk.Index);
                }

                if (!isEmbedded && counted.Add(chunk.Hash))
                {
                    _toEmbed = _toEmbed.With(bytes);
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
        _older += stored.RendererVersion < ChunkRenderer.Version ? 1 : 0;
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
