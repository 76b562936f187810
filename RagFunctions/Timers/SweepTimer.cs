using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using RagFunctions.Core.Runs.Sweep;
using RagFunctions.Core.Telemetry;
using RagFunctions.Index;

namespace RagFunctions.Timers;

/// <summary>Every minute: starts the cabinets that have work and no run, and tells how far each index is behind.</summary>
public sealed class SweepTimer(CabinetSweep sweep, DurableRunStarter starter, IndexGauges gauges)
{
    [Function(nameof(SweepTimer))]
    public async Task RunAsync(
        [TimerTrigger("%SweepSchedule%")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        starter.Use(client);
        await sweep.RunAsync(cancellationToken);
        await gauges.RecordAsync(cancellationToken);
    }
}
