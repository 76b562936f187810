using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using RagFunctions.Core.Runs.Sweep;
using RagFunctions.Index;

namespace RagFunctions.Timers;

/// <summary>Every minute: starts the cabinets that have work and no run.</summary>
public sealed class SweepTimer(CabinetSweep sweep, DurableRunStarter starter)
{
    [Function(nameof(SweepTimer))]
    public Task RunAsync(
        [TimerTrigger("%SweepSchedule%")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        starter.Use(client);
        return sweep.RunAsync(cancellationToken);
    }
}
