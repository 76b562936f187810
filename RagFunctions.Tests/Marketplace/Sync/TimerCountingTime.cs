using Microsoft.Extensions.Time.Testing;

namespace RagFunctions.Tests.Marketplace.Sync;

/// <summary>A stepped clock that counts who asks to be woken by it: nobody may sleep on a limit.</summary>
internal sealed class TimerCountingTime(DateTimeOffset start) : FakeTimeProvider(start)
{
    private int _timers;

    /// <summary>Timers asked for so far.</summary>
    public int Timers => _timers;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Interlocked.Increment(ref _timers);
        return base.CreateTimer(callback, state, dueTime, period);
    }
}
