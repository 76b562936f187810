using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using RagFunctions.Core;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Runs.Sweep;
using RagFunctions.Core.Status;
using RagFunctions.Index;

namespace RagFunctions.AllCabinets;

/// <summary>What starting all cabinets does outside of its orchestrator.</summary>
public sealed class AllCabinetsActivities(
    CabinetDirectory cabinets, RebuildAllRecord record, StartIndex start, RunReader runs, DurableRunStarter starter)
{
    /// <summary>Notes that all cabinets are being rebuilt: until <see cref="EndRebuildAll"/> the sweep takes it up where it is lost.</summary>
    [Function(nameof(BeginRebuildAll))]
    public Task<DateTimeOffset> BeginRebuildAll([ActivityTrigger] bool isWeekly, CancellationToken cancellationToken) =>
        record.BeginAsync(isWeekly, cancellationToken);

    [Function(nameof(EndRebuildAll))]
    public async Task<bool> EndRebuildAll([ActivityTrigger] bool isWeekly, CancellationToken cancellationToken)
    {
        await record.EndAsync(cancellationToken);
        return isWeekly;
    }

    /// <summary>Purges cabinets that no longer exist, and returns how many are active.</summary>
    [Function(nameof(PurgeGoneCabinets))]
    public async Task<int> PurgeGoneCabinets([ActivityTrigger] bool isWeekly, CancellationToken cancellationToken) =>
        (await cabinets.PurgeGoneAsync(cancellationToken)).Count;

    [Function(nameof(NextCabinets))]
    public async Task<long[]> NextCabinets([ActivityTrigger] NextCabinetsInput input, CancellationToken cancellationToken) =>
        [.. await cabinets.NextActiveAsync(input.After, input.Limit, input.Since, cancellationToken)];

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

/// <summary>Asks for the next cabinets in the order of their ids.</summary>
/// <param name="After">Behind this id.</param>
/// <param name="Limit">At most so many.</param>
/// <param name="Since">Leaves out those with a full run that began at or after this instant.</param>
public sealed record NextCabinetsInput(long After, int Limit, DateTimeOffset? Since = null);

/// <summary>Asks for a run of a cabinet of at least a mode, or for its sync.</summary>
/// <param name="Mode">With a run: at least this.</param>
/// <param name="SyncAskedAt">With a sync: when it was asked for.</param>
public sealed record StartCabinetInput(long CabinetId, RunMode Mode, DateTimeOffset? SyncAskedAt = null);
