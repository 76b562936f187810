using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.DurableTask;

namespace RagFunctions.LocalHost.Orchestrations;

/// <summary>The context of one replay: numbers what the orchestrator asks for and completes it from history.</summary>
internal sealed class ReplayContext(OrchestrationInstance instance, ReplayPump pump) : TaskOrchestrationContext
{
    private readonly Dictionary<int, OpenTask> _open = [];
    private readonly Dictionary<int, HistoryEvent> _asked = [];
    private DateTimeOffset _now;
    private int _steps;
    private int _guids;

    public override string InstanceId => instance.Id;

    public override DateTime CurrentUtcDateTime => _now.UtcDateTime;

    public string? CustomStatus { get; private set; }

    public bool ContinuesAsNew { get; private set; }

    public string? NextInput { get; private set; }

    /// <summary>What was asked for and does not stand in history yet.</summary>
    public IReadOnlyList<HistoryEvent> Asked => [.. _asked.Values.OrderBy(asked => asked.TaskId)];

    /// <summary>A durable task can still resume the orchestrator.</summary>
    public bool CanGoOn => _open.Values.Any(task => !task.IsCompleted);

    public void BeginEpisode(DateTimeOffset at) => _now = at;

    /// <summary>History holds a step: the orchestrator must have asked for just that.</summary>
    /// <exception cref="ReplayException">It has asked for something else, or not at all.</exception>
    public void Confirm(HistoryEvent held)
    {
        if (!_asked.Remove(held.TaskId, out var asked))
        {
            throw new ReplayException($"step {held.TaskId}: history holds {held.Description}, the orchestrator asked for nothing.");
        }

        if (asked.Kind != held.Kind || asked.Name != held.Name || asked.Payload != held.Payload)
        {
            var input = asked.Description == held.Description ? " with another input" : "";
            throw new ReplayException(
                $"step {held.TaskId}: history holds {held.Description}, the orchestrator asked for {asked.Description}{input}.");
        }
    }

    /// <exception cref="ReplayException">The orchestrator has not asked for what happened.</exception>
    public void Complete(HistoryEvent happened)
    {
        if (!_open.Remove(happened.TaskId, out var task))
        {
            throw new ReplayException($"step {happened.TaskId}: history completes {happened.Description}, which nobody asked for.");
        }

        task.Complete(happened, happened.Name);
    }

    public override Task<TResult> CallActivityAsync<TResult>(TaskName name, object? input = null, TaskOptions? options = null)
    {
        pump.Demand();
        var json = Payload.Serialize(input, $"The input of activity '{name.Name}'");
        return options?.Retry?.Policy is { } policy
            ? CallWithRetryAsync<TResult>(name, json, policy)
            : Ask<TResult>(HistoryKind.ActivityScheduled, name, json).Task;
    }

    public override Task CreateTimer(DateTime fireAt, CancellationToken cancellationToken)
    {
        pump.Demand();
        var instant = fireAt.Kind == DateTimeKind.Local ? fireAt.ToUniversalTime() : DateTime.SpecifyKind(fireAt, DateTimeKind.Utc);
        var timer = Ask<object?>(HistoryKind.TimerCreated, null, instant.ToString("O", CultureInfo.InvariantCulture));
        if (cancellationToken.CanBeCanceled)
        {
            cancellationToken.Register(() => timer.Cancel(cancellationToken));
        }

        return timer.Task;
    }

    public override void SetCustomStatus(object? customStatus)
    {
        pump.Demand();
        CustomStatus = Payload.SerializeCustomStatus(customStatus);
    }

    public override void ContinueAsNew(object? newInput = null, bool preserveUnprocessedEvents = true)
    {
        pump.Demand();
        NextInput = Payload.Serialize(newInput, "The input to continue with");
        ContinuesAsNew = true;
    }

    public override Guid NewGuid()
    {
        pump.Demand();
        Span<byte> seed = stackalloc byte[20];
        instance.ExecutionId.TryWriteBytes(seed);
        BinaryPrimitives.WriteInt32LittleEndian(seed[16..], _guids++);
        return new Guid(SHA256.HashData(seed)[..16]);
    }

    private OpenTask<TResult> Ask<TResult>(HistoryKind kind, string? name, string? payload)
    {
        var task = new OpenTask<TResult>();
        var step = _steps++;
        _open.Add(step, task);
        _asked.Add(step, new HistoryEvent(kind, step, name, payload, _now));
        return task;
    }

    private async Task<TResult> CallWithRetryAsync<TResult>(string name, string? input, RetryPolicy policy)
    {
        var began = _now;
        var wait = policy.FirstRetryInterval;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await Ask<TResult>(HistoryKind.ActivityScheduled, name, input).Task;
            }
            catch (TaskFailedException) when (attempt < policy.MaxNumberOfAttempts
                && (policy.RetryTimeout == Timeout.InfiniteTimeSpan || _now < began + policy.RetryTimeout))
            {
                wait = wait < policy.MaxRetryInterval ? wait : policy.MaxRetryInterval;
                await CreateTimer(_now.UtcDateTime + wait, CancellationToken.None);
                wait *= policy.BackoffCoefficient;
            }
        }
    }
}
