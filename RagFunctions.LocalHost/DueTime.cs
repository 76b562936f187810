namespace RagFunctions.LocalHost;

/// <summary>Waiting for an instant of a clock that tests and the demo may move.</summary>
internal static class DueTime
{
    // A timer's limit is about 49 days.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    public static async Task WaitAsync(TimeProvider time, DateTimeOffset due, CancellationToken cancellationToken)
    {
        while (due - time.GetUtcNow() is { Ticks: > 0 } left)
        {
            var delay = Task.Delay(left < Longest ? left : Longest, time, cancellationToken);
            // The clock may have been moved between reading it and starting the delay, which would then wait too long.
            if (time.GetUtcNow() >= due)
            {
                return;
            }

            await delay;
        }
    }

    /// <summary>Now, in the microseconds that the database keeps: what is replayed from memory and from rows must not differ.</summary>
    public static DateTimeOffset Now(TimeProvider time)
    {
        var now = time.GetUtcNow();
        return new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
    }
}
