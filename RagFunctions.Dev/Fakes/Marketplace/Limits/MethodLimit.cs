namespace RagFunctions.Dev.Fakes.Marketplace.Limits;

/// <summary>A token bucket.</summary>
/// <param name="Interval">Time in which one call comes back: period divided by limit.</param>
/// <param name="Burst">Calls that a full bucket holds.</param>
/// <param name="ClientErrorCost">What a call answered with 4xx costs.</param>
public sealed record MethodLimit(TimeSpan Interval, int Burst, int ClientErrorCost = 1)
{
    /// <summary>The bucket when full.</summary>
    public TimeSpan Full => Interval * Burst;
}
