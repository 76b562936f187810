using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace RagFunctions.LocalHost.Orchestrations;

/// <summary>The live instances of this process.</summary>
internal sealed class OrchestrationRuntime(
    OrchestrationExecutor executor, ActivityDispatcher activities, HistoryStore store, TimeProvider time, ILogger<OrchestrationRuntime> logger)
    : IDisposable
{
    private readonly ConcurrentDictionary<string, OrchestrationSession> _sessions = new();
    private readonly CancellationTokenSource _stopping = new();

    /// <summary>Goes on with everything that had not ended when the process before this one did.</summary>
    public async Task ResumeAsync(CancellationToken cancellationToken)
    {
        var live = await store.LoadLiveAsync(cancellationToken);
        foreach (var (instance, history) in live)
        {
            Begin(instance, history);
        }

        HostLog.Resumed(logger, live.Count);
    }

    /// <summary>Begins a stored instance, in place of one with the same id.</summary>
    public void Begin(OrchestrationInstance instance, List<HistoryEvent> history)
    {
        var session = new OrchestrationSession(instance, history, executor, activities, store, time, logger, _stopping.Token);
        End(instance.Id);
        _sessions[instance.Id] = session;
        session.Start(() => _sessions.TryRemove(new KeyValuePair<string, OrchestrationSession>(instance.Id, session)));
    }

    /// <summary>Stops deciding for an instance that was terminated, purged or replaced.</summary>
    public void End(string instanceId)
    {
        if (_sessions.TryRemove(instanceId, out var old))
        {
            old.End();
        }
    }

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_sessions.Values.Select(session => session.Running));
    }

    public void Dispose() => _stopping.Dispose();
}
