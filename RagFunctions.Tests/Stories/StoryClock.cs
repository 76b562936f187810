namespace RagFunctions.Tests.Stories;

/// <summary>
/// A clock on which nobody waits: a wait is over as soon as <see cref="BeforeWaking"/> has let the world grow as much older. Time
/// limits, known by their length, never run out by themselves, only when <see cref="EndTimeLimits"/> says so.
/// </summary>
internal sealed class StoryClock(TimeSpan timeLimit) : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<StoryTimer> _limits = [];
    private readonly TimeSpan _timeLimit = timeLimit;
    private long _waited;

    /// <summary>How far it is ahead of the real time.</summary>
    public TimeSpan Ahead { get; set; }

    /// <summary>How wrong the worker's machine goes: ahead of everybody's time, or behind it.</summary>
    public TimeSpan Wrong { get; set; }

    /// <summary>What everybody else's clocks show.</summary>
    public DateTimeOffset Right => DateTimeOffset.UtcNow + Ahead;

    /// <summary>The worker's clock as compared with the databases': those know nothing of <see cref="Ahead"/>.</summary>
    public TimeProvider OfTheMachine => field ??= new MachineTime(this);

    /// <summary>Called with the length of a wait before the wait is over.</summary>
    public Func<TimeSpan, Task> BeforeWaking { get; set; } = _ => Task.CompletedTask;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Read(ref _waited);

    public override DateTimeOffset GetUtcNow() => Right + Wrong;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new StoryTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Whatever is under way takes too long.</summary>
    public void EndTimeLimits()
    {
        StoryTimer[] ending;
        lock (_lock)
        {
            ending = [.. _limits];
            _limits.Clear();
        }

        Interlocked.Add(ref _waited, _timeLimit.Ticks);
        foreach (var timer in ending)
        {
            timer.Fire();
        }
    }

    private async Task WakeAsync(StoryTimer timer, TimeSpan due)
    {
        await BeforeWaking(due);
        Interlocked.Add(ref _waited, due.Ticks);
        timer.Fire();
    }

    private sealed class MachineTime(StoryClock clock) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UtcNow + clock.Wrong;
    }

    private sealed class StoryTimer(StoryClock clock, Action callback) : ITimer
    {
        private volatile bool _over;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime == clock._timeLimit)
            {
                lock (clock._lock)
                {
                    clock._limits.Add(this);
                }
            }
            else if (dueTime != Timeout.InfiniteTimeSpan)
            {
                _ = Task.Run(() => clock.WakeAsync(this, dueTime));
            }

            return !_over;
        }

        public void Fire()
        {
            if (!_over)
            {
                callback();
            }
        }

        public void Dispose()
        {
            _over = true;
            lock (clock._lock)
            {
                clock._limits.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
