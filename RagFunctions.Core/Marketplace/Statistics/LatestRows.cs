using RagFunctions.Core.Marketplace.Client;

namespace RagFunctions.Core.Marketplace.Statistics;

/// <summary>A page may name a row twice (border rows, repeated pages); one statement may write it once.</summary>
internal static class LatestRows
{
    /// <summary>Each row once, in its latest state.</summary>
    public static IReadOnlyList<T> Of<T>(IReadOnlyList<T> rows)
        where T : IStatisticsAnswer
    {
        Dictionary<string, T> latest = new(rows.Count, StringComparer.Ordinal);
        foreach (var row in rows)
        {
            if (!latest.TryGetValue(row.Key, out var known) || known.LastChange <= row.LastChange)
            {
                latest[row.Key] = row;
            }
        }

        return [.. latest.Values];
    }
}

/// <summary>What paging needs of an order or a sale.</summary>
public interface IStatisticsAnswer : IMarketplaceRow
{
    /// <summary>The cursor.</summary>
    DateTimeOffset LastChange { get; }
}
