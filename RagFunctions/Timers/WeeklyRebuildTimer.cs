using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using RagFunctions.AllCabinets;
using RagFunctions.Core.Runs;
using RagFunctions.Index;

namespace RagFunctions.Timers;

/// <summary>Sundays at 03:00 UTC: a full run of every active cabinet.</summary>
public static class WeeklyRebuildTimer
{
    [Function(nameof(WeeklyRebuildTimer))]
    public static Task RunAsync(
        [TimerTrigger("%WeeklyRebuildSchedule%")] TimerInfo timer,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        client.StartSingletonAsync(
            nameof(RebuildAllCabinets), InstanceIds.RebuildAll, new AllCabinetsInput(RunMode.Full, IsWeekly: true), cancellationToken);
}
