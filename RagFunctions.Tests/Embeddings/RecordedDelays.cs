using System.Collections.Concurrent;

namespace RagFunctions.Tests.Embeddings;

/// <summary>A clock whose timers say how long they were set for; those below half a minute ring at once.</summary>
public sealed class RecordedDelays : TimeProvider
{
    private readonly ConcurrentQueue<TimeSpan> _delays = new();

    public IReadOnlyList<TimeSpan> Delays => [.. _delays];

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _delays.Enqueue(dueTime);
        return base.CreateTimer(callback, state, dueTime < TimeSpan.FromSeconds(30) ? TimeSpan.Zero : dueTime, period);
    }
}
