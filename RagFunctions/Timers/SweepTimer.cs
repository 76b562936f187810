using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using RagFunctions.AllCabinets;
using RagFunctions.Core;
using RagFunctions.Core.Runs.Sweep;
using RagFunctions.Core.Telemetry;
using RagFunctions.Index;

namespace RagFunctions.Timers;

/// <summary>Every minute: starts the cabinets that have work and no run, and tells how far each index is behind.</summary>
public sealed class SweepTimer(CabinetSweep sweep, RebuildAllRecord rebuilds, DurableRunStarter starter, IndexGauges gauges)
{
    [Function(nameof(SweepTimer))]
    public async Task RunAsync(
        [TimerTrigger("%SweepSchedule%")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        starter.Use(client);
        await IndependentSteps.RunAsync(
            cancellationToken,
            () => sweep.RunAsync(cancellationToken),
            () => TakeUpRebuildAsync(client, cancellationToken),
            () => gauges.RecordAsync(cancellationToken));
    }

    /// <summary>A rebuild of all cabinets that has begun and not ended, and of which no orchestration is left, begins again where it was.</summary>
    private async Task TakeUpRebuildAsync(DurableTaskClient client, CancellationToken cancellationToken)
    {
        if (await rebuilds.FindUnfinishedAsync(cancellationToken) is not { } rebuild)
        {
            return;
        }

        if (await client.GetInstanceAsync(InstanceIds.RebuildAll, cancellationToken) is { RuntimeStatus: OrchestrationRuntimeStatus.Terminated })
        {
            // A person has ended it.
            await rebuilds.EndAsync(cancellationToken);
            return;
        }

        await client.StartSingletonAsync(
            nameof(RebuildAllCabinets),
            InstanceIds.RebuildAll,
            new AllCabinetsInput(RunMode.Full, rebuild.IsWeekly) { Since = rebuild.BegunAt },
            cancellationToken);
    }
}
