namespace RagFunctions.LocalHost.Orchestrations;

/// <summary>
/// The context an orchestrator runs in, on one thread. Durable tasks are completed on that thread and resume what awaits them
/// there and then, so that nothing is ever posted: a post comes from awaiting something else.
/// </summary>
internal sealed class ReplayPump(Action foreign) : SynchronizationContext
{
    public const string IllegalAwait =
        "An invalid asynchronous invocation was detected. An orchestrator may await only the tasks of its context (activities, timers).";

    private readonly int _thread = Environment.CurrentManagedThreadId;
    private volatile bool _running;
    private int _reported;

    /// <summary>Something but a durable task has resumed the orchestrator.</summary>
    public bool ForeignSeen => Volatile.Read(ref _reported) != 0;

    private bool IsCurrent => _running && Environment.CurrentManagedThreadId == _thread;

    public void Run(Action action)
    {
        var before = Current;
        SetSynchronizationContext(this);
        _running = true;
        try
        {
            action();
        }
        finally
        {
            _running = false;
            SetSynchronizationContext(before);
        }
    }

    /// <exception cref="InvalidOperationException">The caller is not the orchestrator on its own thread.</exception>
    public void Demand()
    {
        if (!IsCurrent)
        {
            Report();
            throw new InvalidOperationException(IllegalAwait);
        }
    }

    public override void Post(SendOrPostCallback d, object? state) => Report();

    public override SynchronizationContext CreateCopy() => this;

    private void Report()
    {
        // The run may be long over: whoever awaits the happenings of the instance must hear of it, once.
        if (Interlocked.Exchange(ref _reported, 1) == 0)
        {
            foreign();
        }
    }
}
