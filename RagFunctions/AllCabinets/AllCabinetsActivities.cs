using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Runs.Status;
using RagFunctions.Index;

namespace RagFunctions.AllCabinets;

/// <summary>What starting all cabinets does outside of its orchestrator.</summary>
public sealed class AllCabinetsActivities(WeeklyRebuild rebuild, StartIndex start, RunReader runs, DurableRunStarter starter)
{
    /// <summary>Purges cabinets that no longer exist, and returns how many are active.</summary>
    [Function(nameof(PurgeGoneCabinets))]
    public async Task<int> PurgeGoneCabinets([ActivityTrigger] bool isWeekly, CancellationToken cancellationToken) =>
        (await rebuild.BeginAsync(cancellationToken)).Count;

    [Function(nameof(NextCabinets))]
    public async Task<long[]> NextCabinets([ActivityTrigger] NextCabinetsInput input, CancellationToken cancellationToken) =>
        [.. (await rebuild.ActiveCabinetsAsync(cancellationToken)).Where(id => id > input.After).Order().Take(input.Limit)];

    /// <returns>False when only the request was stored: the sweep starts it.</returns>
    [Function(nameof(StartCabinet))]
    public async Task<bool> StartCabinet(
        [ActivityTrigger] StartCabinetInput input, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        starter.Use(client);
        return await start.StartModeAsync(input.CabinetId, input.Mode, cancellationToken) is not null;
    }

    [Function(nameof(BusyCabinets))]
    public async Task<long[]> BusyCabinets([ActivityTrigger] long[] cabinetIds, CancellationToken cancellationToken) =>
        [.. await runs.BusyAsync(cabinetIds, cancellationToken)];
}
