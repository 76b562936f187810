using Npgsql;
using Polly;
using Polly.Retry;

namespace RagFunctions.Core.Databases;

/// <summary>Another try for what PostgreSQL itself asks to repeat.</summary>
public static class DatabaseRetries
{
    /// <summary>
    /// Repeats a whole transaction that lost a deadlock (40P01) or a serialisation conflict (40001): at most five more times,
    /// 20 ms doubling with jitter. Nothing of the attempt was committed, so the repetition is safe.
    /// </summary>
    public static ResiliencePipeline Concurrency { get; } = new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<PostgresException>(
                error => error.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure),
            MaxRetryAttempts = 5,
            Delay = TimeSpan.FromMilliseconds(20),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
        })
        .Build();
}
