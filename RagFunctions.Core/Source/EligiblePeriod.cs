namespace RagFunctions.Core.Source;

/// <summary>How long an order, a review and a sale stay in the index.</summary>
public static class EligiblePeriod
{
    /// <summary>90 × 24 hours: a row is eligible while <c>date + Length &gt; asOf</c>, and expires at that very instant.</summary>
    public static readonly TimeSpan Length = TimeSpan.FromDays(90);

    /// <summary>The instant after which a date is eligible. Taken from <paramref name="asOf"/>, not added to the column: a date near the end of PostgreSQL's calendar would overflow.</summary>
    public static DateTimeOffset StartOf(DateTimeOffset asOf) => asOf - Length;

    /// <summary>The instant a row of <paramref name="date"/> expires; null when it has no date or .NET cannot hold the end (it never comes).</summary>
    public static DateTimeOffset? EndOf(DateTimeOffset? date) =>
        date is { } start && start <= DateTimeOffset.MaxValue - Length ? start + Length : null;
}
