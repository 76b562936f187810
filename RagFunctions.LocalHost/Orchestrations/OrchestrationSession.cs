using System.Globalization;
using System.Threading.Channels;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace RagFunctions.LocalHost.Orchestrations;

/// <summary>
/// Drives one live instance: takes what has happened, runs the orchestrator on, stores both in one transaction, and only then
/// begins what was asked for. What happens between two transactions is lost with the process and happens again.
/// </summary>
internal sealed class OrchestrationSession(
    OrchestrationInstance instance, List<HistoryEvent> history, OrchestrationExecutor executor, ActivityDispatcher activities,
    HistoryStore store, TimeProvider time, ILogger logger, CancellationToken hostStopping)
{
    // How long a database that does not answer is left alone.
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);

    private readonly Channel<Happening> _happenings =
        Channel.CreateUnbounded<Happening>(new UnboundedChannelOptions { SingleReader = true });

    private readonly CancellationTokenSource _ended = CancellationTokenSource.CreateLinkedTokenSource(hostStopping);
    private OrchestrationInstance _instance = instance;

    public Guid ExecutionId => _instance.ExecutionId;

    /// <summary>Nothing more is decided; activities under way run to their end and their results are dropped.</summary>
    public void End() => _ended.Cancel();

    /// <summary>Ends when the instance has ended, is no longer this one, or the host stops.</summary>
    public Task Running { get; private set; } = Task.CompletedTask;

    public void Start(Action ended) => Running = Task.Run(async () =>
    {
        await RunAsync();
        ended();
    });

    private async Task RunAsync()
    {
        try
        {
            BeginAll(StillOpen());
            if (history.Count == 0)
            {
                await DecideAsync([]);
            }

            while (!_ended.IsCancellationRequested && await _happenings.Reader.WaitToReadAsync(_ended.Token))
            {
                await DecideAsync([.. Drain()]);
            }
        }
        catch (OperationCanceledException) when (_ended.IsCancellationRequested)
        {
            // The host stops, or the instance was ended from outside.
        }
        catch (Exception exception)
        {
            HostLog.SessionFailed(logger, _instance.Id, exception);
        }
    }

    private async Task DecideAsync(List<Happening> happenings)
    {
        var happened = happenings.Where(h => h.ExecutionId == ExecutionId).ToList();
        if (happenings.Count > 0 && happened.Count == 0)
        {
            return;
        }

        var execution = ExecutionId;
        List<HistoryEvent> fresh =
            [new(HistoryKind.EpisodeStarted, -1, null, null, DueTime.Now(time)), .. happened.Select(h => h.Event).OfType<HistoryEvent>()];
        var decision = happened.Any(h => h.Event is null)
            ? new Decision(OrchestrationRuntimeStatus.Failed, [], ReplayPump.IllegalAwait, null)
            : executor.Run(_instance, history, fresh, () => _happenings.Writer.TryWrite(new Happening(execution, null)));

        if (decision.ContinuesAsNew)
        {
            await ContinueAsNewAsync(decision);
            return;
        }

        List<HistoryEvent> events = [.. fresh, .. decision.Asked];
        var isMine = await PersistAsync(token => store.CommitAsync(_instance, decision, history.Count, events, token));
        if (!isMine || decision.Status != OrchestrationRuntimeStatus.Running)
        {
            HostLog.InstanceLeft(logger, _instance.Id, isMine, decision.Status);
            End();
            return;
        }

        history.AddRange(events);
        BeginAll(decision.Asked);
    }

    private async Task ContinueAsNewAsync(Decision decision)
    {
        var next = _instance with { ExecutionId = Guid.NewGuid(), Input = decision.NextInput, CreatedAt = DueTime.Now(time) };
        if (!await PersistAsync(token => store.CommitNextGenerationAsync(_instance, next, token)))
        {
            End();
            return;
        }

        _instance = next;
        history.Clear();
        await DecideAsync([]);
    }

    /// <summary>What history asks for and does not complete.</summary>
    private IEnumerable<HistoryEvent> StillOpen()
    {
        var done = history
            .Where(e => e.Kind is HistoryKind.ActivityCompleted or HistoryKind.ActivityFailed or HistoryKind.TimerFired)
            .Select(e => e.TaskId)
            .ToHashSet();
        return history.Where(e => e.Kind is HistoryKind.ActivityScheduled or HistoryKind.TimerCreated && !done.Contains(e.TaskId));
    }

    private void BeginAll(IEnumerable<HistoryEvent> asked)
    {
        foreach (var step in asked.ToList())
        {
            _ = BeginAsync(step, ExecutionId);
        }
    }

    private async Task BeginAsync(HistoryEvent asked, Guid execution)
    {
        try
        {
            if (asked.Kind == HistoryKind.ActivityScheduled)
            {
                _happenings.Writer.TryWrite(new Happening(execution, await activities.RunAsync(asked, hostStopping)));
                return;
            }

            var due = DateTimeOffset.Parse(asked.Payload!, CultureInfo.InvariantCulture);
            await DueTime.WaitAsync(time, due, _ended.Token);
            _happenings.Writer.TryWrite(
                new Happening(execution, new HistoryEvent(HistoryKind.TimerFired, asked.TaskId, null, asked.Payload, DueTime.Now(time))));
        }
        catch (Exception) when (_ended.IsCancellationRequested)
        {
            // Nobody waits for it any more, or the next start begins it again.
        }
    }

    private IEnumerable<Happening> Drain()
    {
        while (_happenings.Reader.TryRead(out var happening))
        {
            yield return happening;
        }
    }

    private async Task<bool> PersistAsync(Func<CancellationToken, Task<bool>> write)
    {
        while (true)
        {
            try
            {
                return await write(_ended.Token);
            }
            catch (NpgsqlException exception) when (exception.IsTransient)
            {
                HostLog.StoreUnavailable(logger, _instance.Id, exception);
                await Task.Delay(RetryDelay, _ended.Token);
            }
        }
    }

    /// <param name="ExecutionId">Which generation it belongs to.</param>
    /// <param name="Event">Null: something but a durable task has resumed the orchestrator.</param>
    private sealed record Happening(Guid ExecutionId, HistoryEvent? Event);
}
