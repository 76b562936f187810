namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

/// <summary>What will happen, in the order of time; events of one instant in the order in which they were planned.</summary>
internal sealed class ShopClock(DateTimeOffset start, Random random)
{
    private readonly PriorityQueue<Action, (DateTimeOffset At, long Number)> _events = new();
    private long _planned;

    /// <summary>The present: during an event its instant.</summary>
    public DateTimeOffset Now { get; private set; } = start;

    /// <summary>The one source of chance; drawn from in the order of events only.</summary>
    public Random Random { get; } = random;

    /// <summary>
    /// Plans an event. Instants are whole seconds, as those of statistics are; one in thirty keeps its milliseconds, as there too.
    /// </summary>
    public void In(TimeSpan delay, Action action) =>
        Plan(delay, action, Random.Next(30) == 0 ? TimeSpan.TicksPerMillisecond : TimeSpan.TicksPerSecond);

    /// <summary>Plans an event between two delays, each instant as likely.</summary>
    public void Between(TimeSpan least, TimeSpan most, Action action) => In(least + ((most - least) * Random.NextDouble()), action);

    /// <summary>
    /// Plans an event that comes again and again, by chance, so many times a day; never when that is 0. Its instants have
    /// microseconds, as those of cards have.
    /// </summary>
    public void Daily(double perDay, Action action)
    {
        if (perDay > 0)
        {
            Next();
        }

        void Next() => Plan(
            Exponential(TimeSpan.FromDays(1) / perDay),
            () =>
            {
                action();
                Next();
            },
            TimeSpan.TicksPerMicrosecond);
    }

    /// <summary>A waiting time of a process without memory.</summary>
    public TimeSpan Exponential(TimeSpan mean) => mean * -Math.Log(1 - Random.NextDouble());

    /// <summary>Whether something of this likelihood happens.</summary>
    public bool Chance(double share) => Random.NextDouble() < share;

    /// <summary>Lives up to an instant, inclusive.</summary>
    public void AdvanceTo(DateTimeOffset instant)
    {
        while (_events.TryPeek(out var action, out var when) && when.At <= instant)
        {
            _events.Dequeue();
            Now = when.At;
            action();
        }

        Now = instant;
    }

    private void Plan(TimeSpan delay, Action action, long unit)
    {
        var at = Now + delay;
        at = new DateTimeOffset(at.UtcTicks - (at.UtcTicks % unit), TimeSpan.Zero);
        _events.Enqueue(action, (at < Now ? Now : at, _planned++));
    }
}
