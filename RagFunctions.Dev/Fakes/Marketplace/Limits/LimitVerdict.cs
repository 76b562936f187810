namespace RagFunctions.Dev.Fakes.Marketplace.Limits;

/// <summary>What a bucket says to a call.</summary>
/// <param name="Granted">False: answer 429.</param>
/// <param name="Limit">Calls that a full bucket holds.</param>
/// <param name="Remaining">Calls left now.</param>
/// <param name="Reset">Time until the bucket is full.</param>
/// <param name="Retry">Time until the next call fits; zero when one fits now.</param>
public readonly record struct LimitVerdict(bool Granted, int Limit, int Remaining, TimeSpan Reset, TimeSpan Retry);
