namespace RagFunctions.Core.Status;

/// <summary>Which cabinets a reader wants to see, and in which order.</summary>
/// <param name="Sort">One of <see cref="Sorts"/>.</param>
/// <param name="Reversed">The other way round.</param>
/// <param name="State">Only those of this state; null: of any.</param>
/// <param name="Search">Only those with this in their name, or with this id; null: all.</param>
/// <param name="Number">The page, from 1.</param>
/// <param name="Size">Cabinets on a page.</param>
/// <param name="Kept">Cabinets that are wanted whatever page they are on: those that the reader looks at.</param>
public sealed record BoardPage(
    string Sort = "urgency", bool Reversed = false, string? State = null, string? Search = null, int Number = 1, int Size = 50,
    IReadOnlySet<long>? Kept = null)
{
    private static readonly Dictionary<string, Comparison<CabinetStanding>> Orders = new()
    {
        ["urgency"] = (a, b) => (CabinetStanding.StateOf(a), b.LagSeconds).CompareTo((CabinetStanding.StateOf(b), a.LagSeconds)),
        ["name"] = (a, b) => string.Compare(a.Name, b.Name, StringComparison.OrdinalIgnoreCase),
        ["lag"] = (a, b) => b.LagSeconds.CompareTo(a.LagSeconds),
        ["queued"] = (a, b) => b.Queued.CompareTo(a.Queued),
        ["pending"] = (a, b) => b.Pending.CompareTo(a.Pending),
        ["failed"] = (a, b) => b.Failed.CompareTo(a.Failed),
        ["chunks"] = (a, b) => b.TotalChunks.CompareTo(a.TotalChunks),
        ["cost"] = (a, b) => b.CostTodayUsd.CompareTo(a.CostTodayUsd),
        ["last_run"] = (a, b) => Nullable.Compare(b.LastRunAt, a.LastRunAt),
        ["id"] = (a, b) => a.CabinetId.CompareTo(b.CabinetId),
    };

    /// <summary>By what can be sorted. Numbers begin with the largest, times with the latest, names with A.</summary>
    public static IReadOnlyList<string> Sorts { get; } = [.. Orders.Keys];

    /// <summary>All that match, in order; the id decides where nothing else does, so that pages do not overlap.</summary>
    internal IReadOnlyList<CabinetStanding> Of(IEnumerable<CabinetStanding> all)
    {
        List<CabinetStanding> matching = [.. all.Where(Matches)];
        var (order, sign) = (Orders[Sort], Reversed ? -1 : 1);
        matching.Sort((a, b) => order(a, b) is var difference and not 0 ? sign * difference : a.CabinetId.CompareTo(b.CabinetId));
        return matching;
    }

    private bool Matches(CabinetStanding standing) =>
        (State is null || standing.State == State)
        && (Search is null
            || standing.Name?.Contains(Search, StringComparison.OrdinalIgnoreCase) == true
            || standing.CabinetId.ToString(System.Globalization.CultureInfo.InvariantCulture) == Search);
}
