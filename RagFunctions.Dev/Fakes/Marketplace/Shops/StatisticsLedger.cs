namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

/// <summary>
/// All states that rows of orders or sales ever had, in ascending order of change. Statistics see a state from the instant on when it is
/// published until the next one is.
/// </summary>
internal sealed class StatisticsLedger<T>(TimeSpan refresh, TimeSpan lateBy = default)
    where T : class, IStatisticsRow
{
    private readonly List<Entry> _entries = [];

    /// <summary>Notes a new row or state. <paramref name="before"/> is what the row's last state returned, null for a new row.</summary>
    public Entry Write(Entry? before, T row, bool late = false)
    {
        var published = NextRefresh(row.LastChange) + (late ? refresh + lateBy : TimeSpan.Zero);
        var entry = new Entry(row, before is not null && before.PublishedAt > published ? before.PublishedAt : published);
        if (before is not null)
        {
            before.SupersededAt = entry.PublishedAt;
        }

        // At the end, unless the state keeps an earlier time of change.
        _entries.Insert(FirstAt(row.LastChange.AddTicks(1)), entry);
        return entry;
    }

    /// <summary>The published rows changed at or after an instant, ascending by change.</summary>
    public IEnumerable<T> Since(DateTimeOffset from, DateTimeOffset now)
    {
        for (var i = FirstAt(from); i < _entries.Count; i++)
        {
            var entry = _entries[i];
            if (entry.PublishedAt <= now && entry.SupersededAt > now)
            {
                yield return entry.Row;
            }
        }
    }

    private DateTimeOffset NextRefresh(DateTimeOffset at) =>
        refresh == TimeSpan.Zero ? at : new DateTimeOffset(at.UtcTicks - (at.UtcTicks % refresh.Ticks) + refresh.Ticks, TimeSpan.Zero);

    private int FirstAt(DateTimeOffset from)
    {
        var (low, high) = (0, _entries.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = _entries[middle].Row.LastChange < from ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>One state of one row.</summary>
    internal sealed class Entry(T row, DateTimeOffset publishedAt)
    {
        public T Row { get; } = row;

        public DateTimeOffset PublishedAt { get; } = publishedAt;

        public DateTimeOffset SupersededAt { get; set; } = DateTimeOffset.MaxValue;
    }
}

/// <summary>A row of orders or sales.</summary>
public interface IStatisticsRow
{
    /// <summary>When it happened.</summary>
    DateTimeOffset At { get; }

    /// <summary>When the row got its present state.</summary>
    DateTimeOffset LastChange { get; }
}
