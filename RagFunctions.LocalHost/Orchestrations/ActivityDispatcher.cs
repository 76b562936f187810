using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RagFunctions.LocalHost.Discovery;

namespace RagFunctions.LocalHost.Orchestrations;

/// <summary>Runs activities, a bounded number at once.</summary>
internal sealed class ActivityDispatcher(
    FunctionCatalog catalog, IServiceScopeFactory scopes, IOptions<LocalHostOptions> options, TimeProvider time,
    ILogger<ActivityDispatcher> logger) : IDisposable
{
    private readonly SemaphoreSlim _free = new(options.Value.MaxConcurrentActivities);
    private int _runs;

    /// <summary>Runs one and returns how it ended. A failure is an event; only the end of the host is an exception.</summary>
    public async Task<HistoryEvent> RunAsync(HistoryEvent asked, CancellationToken stopping)
    {
        await _free.WaitAsync(stopping);
        try
        {
            return options.Value.Chaos ? await RunTwiceAsync(asked, stopping) : await RunOnceAsync(asked, stopping);
        }
        finally
        {
            _free.Release();
        }
    }

    public void Dispose() => _free.Dispose();

    /// <summary>As after a lost completion (one after the other) or a message delivered twice (side by side).</summary>
    private async Task<HistoryEvent> RunTwiceAsync(HistoryEvent asked, CancellationToken stopping)
    {
        var first = RunOnceAsync(asked, stopping);
        if (Interlocked.Increment(ref _runs) % 2 == 0)
        {
            await first;
            return await RunOnceAsync(asked, stopping);
        }

        var second = RunOnceAsync(asked, stopping);
        var dropped = await Task.WhenAny(first, second);
        return await (dropped == first ? second : first);
    }

    private async Task<HistoryEvent> RunOnceAsync(HistoryEvent asked, CancellationToken stopping)
    {
        // Off the caller's thread at once: an activity may work long before its first await.
        await Task.Yield();
        try
        {
            var function = catalog.Get(FunctionKind.Activity, asked.Name!);
            await using var scope = scopes.CreateAsyncScope();
            var context = new LocalFunctionContext(function, scope.ServiceProvider, stopping);
            var result = await function.ResultAsync(function.Call(context, parameter =>
                parameter == function.Trigger ? Payload.Deserialize(asked.Payload, parameter.ParameterType)
                : parameter.ParameterType == typeof(DurableTaskClient) ? scope.ServiceProvider.GetRequiredService<DurableTaskClient>()
                : throw new NotSupportedException($"An activity takes no {parameter.ParameterType.Name}.")));
            var output = Payload.Serialize(result, $"The output of activity '{asked.Name}'");
            return new HistoryEvent(HistoryKind.ActivityCompleted, asked.TaskId, asked.Name, output, DueTime.Now(time));
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            HostLog.ActivityFailed(logger, asked.Name!, exception);
            return new HistoryEvent(HistoryKind.ActivityFailed, asked.TaskId, asked.Name, exception.Message, DueTime.Now(time));
        }
    }
}
