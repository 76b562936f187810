using RagFunctions.Core.Chunks;
using RagFunctions.Core.Source;

namespace RagFunctions.Core.Store;

/// <summary>The articles whose printed name may differ from what the index was made with.</summary>
/// <param name="NmIds">Article numbers.</param>
/// <param name="SomeUnknown">A product is gone of which not even the article is known.</param>
public sealed record RenamedArticles(IReadOnlySet<long> NmIds, bool SomeUnknown)
{
    /// <summary>There is somebody to queue.</summary>
    public bool Any => NmIds.Count > 0 || SomeUnknown;

    /// <summary>Compares product rows with what the index remembers of them.</summary>
    /// <param name="rendered">Products that have a chunk.</param>
    /// <param name="indexed">What the index holds of the page.</param>
    /// <param name="ineligible">Products that are there but inactive (run over the queue).</param>
    /// <param name="named">
    /// Ids the queue named (run over the queue); null in a full run, where every dependent is rendered anyway, so that a product
    /// which is merely new to the index concerns nobody.
    /// </param>
    /// <param name="failed">Ids that could not be read or rendered: nothing is known of them.</param>
    internal static RenamedArticles Find(
        IReadOnlyList<RenderedRow> rendered,
        IReadOnlyList<IndexedChunk> indexed,
        IReadOnlyList<IneligibleRow> ineligible,
        long[]? named,
        IReadOnlySet<long> failed)
    {
        Dictionary<long, IndexedChunk> stored = [];
        foreach (var chunk in indexed)
        {
            stored.TryAdd(chunk.SourceId, chunk);
        }

        HashSet<long> articles = [];
        HashSet<long> seen = [.. failed];
        foreach (var product in rendered)
        {
            seen.Add(product.SourceId);
            var known = stored.TryGetValue(product.SourceId, out var before);
            if (known ? before.SourceName != product.SourceName || before.NmId != product.NmId : named is not null)
            {
                Add(articles, product.NmId);
                Add(articles, before.NmId);
            }
        }

        foreach (var product in ineligible)
        {
            seen.Add(product.Id);
            Add(articles, product.NmId);
            Add(articles, stored.GetValueOrDefault(product.Id).NmId);
        }

        foreach (var (id, product) in stored)
        {
            if (!seen.Contains(id))
            {
                Add(articles, product.NmId);
            }
        }

        var someUnknown = named is not null && Array.Exists(named, id => !seen.Contains(id) && !stored.ContainsKey(id));
        return new RenamedArticles(articles, someUnknown);
    }

    private static void Add(HashSet<long> articles, long? nmId)
    {
        if (nmId is { } article)
        {
            articles.Add(article);
        }
    }
}
