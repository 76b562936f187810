using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Sync;

namespace RagFunctions.Timers;

/// <summary>Every 15 minutes: starts the sync of the cabinets with an entity that is due.</summary>
public sealed partial class SyncTimer(SyncPlanner planner, ILogger<SyncTimer> logger)
{
    // Starting is one call to Durable's store.
    private const int StartsAtATime = 16;

    [Function(nameof(SyncTimer))]
    public async Task RunAsync(
        [TimerTrigger("%SyncSchedule%")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken) =>
        await Parallel.ForEachAsync(
            await planner.DueAsync(cabinetId: null, cancellationToken),
            new ParallelOptions { MaxDegreeOfParallelism = StartsAtATime, CancellationToken = cancellationToken },
            async (due, token) =>
            {
                try
                {
                    await client.StartSyncAsync(due.CabinetId, askedAt: null, token);
                }
                catch (Exception exception) when (!token.IsCancellationRequested)
                {
                    NotStarted(due.CabinetId, exception);
                }
            });

    [LoggerMessage(6020, LogLevel.Error, "The sync of cabinet {CabinetId} could not be started; the next time of the schedule tries again")]
    private partial void NotStarted(long cabinetId, Exception exception);
}
