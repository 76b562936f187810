using RagFunctions.Dev.Fakes.Marketplace.Tokens;

namespace RagFunctions.Dev.Fakes.Marketplace.Limits;

/// <summary>The buckets: one per seller, method and kind of token. Kept in whole ticks of time, so that no rounding forgives a call.</summary>
internal sealed class LimitKeeper(TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<(Guid Seller, string Bucket, TokenType Type), Bucket> _buckets = [];

    /// <summary>Takes one call, if there is one.</summary>
    public LimitVerdict Take(MarketplaceToken token, MethodRule rule, MethodLimit limit)
    {
        lock (_gate)
        {
            var bucket = Refilled(token, rule, limit);
            var granted = bucket.Credit >= limit.Interval;
            if (granted)
            {
                bucket.Credit -= limit.Interval;
            }

            return Verdict(bucket, limit, granted);
        }
    }

    /// <summary>Takes what an answer 4xx costs beyond the call itself; the bucket may fall below empty.</summary>
    public LimitVerdict Punish(MarketplaceToken token, MethodRule rule, MethodLimit limit)
    {
        lock (_gate)
        {
            var bucket = Refilled(token, rule, limit);
            bucket.Credit -= limit.Interval * (limit.ClientErrorCost - 1);
            return Verdict(bucket, limit, granted: true);
        }
    }

    private Bucket Refilled(MarketplaceToken token, MethodRule rule, MethodLimit limit)
    {
        var now = time.GetUtcNow();
        var key = (token.SellerId, rule.Bucket, token.Type);
        if (!_buckets.TryGetValue(key, out var bucket))
        {
            _buckets[key] = bucket = new Bucket { Credit = limit.Full, At = now };
        }

        if (now > bucket.At)
        {
            bucket.Credit += now - bucket.At;
            bucket.Credit = bucket.Credit > limit.Full ? limit.Full : bucket.Credit;
            bucket.At = now;
        }

        return bucket;
    }

    private static LimitVerdict Verdict(Bucket bucket, MethodLimit limit, bool granted)
    {
        var missing = limit.Interval - bucket.Credit;
        return new LimitVerdict(
            granted,
            limit.Burst,
            Math.Max(0, (int)(bucket.Credit.Ticks / limit.Interval.Ticks)),
            limit.Full - bucket.Credit,
            missing > TimeSpan.Zero ? missing : TimeSpan.Zero);
    }

    private sealed class Bucket
    {
        public TimeSpan Credit { get; set; }

        public DateTimeOffset At { get; set; }
    }
}

/// <summary>What a bucket says to a call.</summary>
/// <param name="Granted">False: answer 429.</param>
/// <param name="Limit">Calls that a full bucket holds.</param>
/// <param name="Remaining">Calls left now.</param>
/// <param name="Reset">Time until the bucket is full.</param>
/// <param name="Retry">Time until the next call fits; zero when one fits now.</param>
public readonly record struct LimitVerdict(bool Granted, int Limit, int Remaining, TimeSpan Reset, TimeSpan Retry);
