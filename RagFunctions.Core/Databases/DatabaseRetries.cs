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
    public static ResiliencePipeline Concurrency { get; } = Repeating(IsConflict);

    /// <summary>
    /// <see cref="Concurrency"/>, and 23505 as well: another service inserted a row between our look and our insertion. The repetition
    /// finds it there and updates it.
    /// </summary>
    public static ResiliencePipeline Writing { get; } =
        Repeating(error => IsConflict(error) || error.SqlState == PostgresErrorCodes.UniqueViolation);

    private static bool IsConflict(PostgresException error) =>
        error.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure;

    private static ResiliencePipeline Repeating(Func<PostgresException, bool> when) => new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<PostgresException>(when),
            MaxRetryAttempts = 5,
            Delay = TimeSpan.FromMilliseconds(20),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
        })
        .Build();
}
