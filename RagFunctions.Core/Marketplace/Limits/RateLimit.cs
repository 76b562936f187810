namespace RagFunctions.Core.Marketplace.Limits;

/// <summary>A token bucket: <paramref name="Burst"/> calls at once, then one per <paramref name="Interval"/>.</summary>
/// <param name="Interval">Period divided by limit.</param>
/// <param name="Burst">Calls that may follow each other without a pause, at least 1.</param>
/// <param name="ClientErrorCost">Calls that an answer 4xx costs: 10 on the hosts that punish errors, else 1.</param>
public sealed record RateLimit(TimeSpan Interval, int Burst, int ClientErrorCost = 1)
{
    /// <summary>A limit as the marketplace's tables give it: so many calls per period.</summary>
    public static RateLimit Of(int calls, TimeSpan period, int burst = 1) => new(period / calls, burst);
}
