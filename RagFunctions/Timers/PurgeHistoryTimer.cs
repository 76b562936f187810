using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using RagFunctions.Core;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Core.Status;

namespace RagFunctions.Timers;

/// <summary>Daily: Durable keeps the history of ended orchestrations for ever unless told otherwise, and so do our tables of runs and syncs.</summary>
public sealed class PurgeHistoryTimer(RunPurge runs, SyncLogPurge syncs, TimeProvider time)
{
    // Older than anything; back ends demand a beginning, and Azure Storage none before 1601.
    private static readonly DateTimeOffset Beginning = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly TimeSpan KeepEnded = TimeSpan.FromDays(7);

    // Long enough for somebody to come back from a holiday and look.
    private static readonly TimeSpan KeepFailed = TimeSpan.FromDays(30);

    [Function(nameof(PurgeHistoryTimer))]
    public async Task RunAsync(
        [TimerTrigger("%PurgeHistorySchedule%")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await IndependentSteps.RunAsync(
            cancellationToken,
            () => PurgeAsync(KeepEnded, OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Terminated),
            () => PurgeAsync(KeepFailed, OrchestrationRuntimeStatus.Failed),
            () => runs.PurgeAsync(cancellationToken),
            () => syncs.PurgeAsync(cancellationToken));

        Task PurgeAsync(TimeSpan keep, params OrchestrationRuntimeStatus[] ended) =>
            client.PurgeAllInstancesAsync(new PurgeInstancesFilter(Beginning, now - keep, ended), cancellationToken);
    }
}
