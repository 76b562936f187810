using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using RagFunctions.AllCabinets;
using RagFunctions.Core;
using RagFunctions.Core.Runs.Sweep;
using RagFunctions.Index;

namespace RagFunctions.Timers;

/// <summary>Sundays at 03:00 UTC: a full run of every active cabinet.</summary>
public sealed class WeeklyRebuildTimer(CabinetDirectory cabinets)
{
    [Function(nameof(WeeklyRebuildTimer))]
    public async Task RunAsync(
        [TimerTrigger("%WeeklyRebuildSchedule%")] TimerInfo timer, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        var started = await client.StartSingletonAsync(
            nameof(RebuildAllCabinets), InstanceIds.RebuildAll, new AllCabinetsInput(RunMode.Full, IsWeekly: true), cancellationToken);
        if (started.AlreadyRunning)
        {
            // It may be one that a caller asked for, and that purges nothing. To purge twice does no harm.
            await cabinets.PurgeGoneAsync(cancellationToken);
        }
    }
}
