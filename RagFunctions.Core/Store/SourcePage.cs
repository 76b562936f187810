using RagFunctions.Core.Changes;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Source;

namespace RagFunctions.Core.Store;

/// <summary>One transaction's worth of source rows, read after the versions that announced them.</summary>
/// <param name="Last">Last id the page covers, inclusive.</param>
/// <param name="More">Rows may follow after <paramref name="Last"/>.</param>
/// <param name="Taken">Queue rows of the page.</param>
/// <param name="Eligible">Rows that have chunks, rendered, in order of id.</param>
/// <param name="Ineligible">Rows that are there but have none; run over the queue only.</param>
/// <param name="Failed">Rows that cannot be read or rendered, with the error.</param>
internal sealed record SourcePage(
    long Last,
    bool More,
    TakenChanges Taken,
    IReadOnlyList<RenderedRow> Eligible,
    IReadOnlyList<IneligibleRow> Ineligible,
    Dictionary<long, string> Failed)
{
    /// <summary>The page without what lies behind <paramref name="last"/>.</summary>
    public SourcePage CutAfter(long last)
    {
        if (last >= Last)
        {
            return this;
        }

        var taken = Taken.Ids.TakeWhile(id => id <= last).Count();
        return new SourcePage(
            last,
            More: true,
            new TakenChanges(Taken.Ids[..taken], Taken.Versions[..taken]),
            [.. Eligible.TakeWhile(row => row.SourceId <= last)],
            [.. Ineligible.TakeWhile(row => row.Id <= last)],
            Failed.Where(row => row.Key <= last).ToDictionary());
    }
}
