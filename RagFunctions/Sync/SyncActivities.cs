using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using RagFunctions.AllCabinets;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Index;

namespace RagFunctions.Sync;

/// <summary>The steps of a sync as activities. Each is idempotent: it may run twice, also side by side.</summary>
public sealed class SyncActivities(SyncSteps steps, DurableRunStarter starter)
{
    [Function(nameof(PlanSync))]
    public async Task<SyncEntity[]> PlanSync([ActivityTrigger] SyncPlanInput input, CancellationToken cancellationToken) =>
        [.. await steps.PlanAsync(input, cancellationToken)];

    [Function(nameof(SyncEntity))]
    public Task<SyncStepResult> SyncEntity([ActivityTrigger] SyncStepInput input, CancellationToken cancellationToken) =>
        steps.SyncAsync(input, cancellationToken);

    [Function(nameof(StartSynced))]
    public Task<bool> StartSynced(
        [ActivityTrigger] StartSyncedInput input, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        starter.Use(client);
        return steps.StartIndexAsync(input, cancellationToken);
    }

    [Function(nameof(StartSync))]
    public async Task<bool> StartSync(
        [ActivityTrigger] StartCabinetInput input, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        await client.StartSyncAsync(input.CabinetId, input.SyncAskedAt, cancellationToken);
        return true;
    }

    /// <returns>Those whose sync is still under way.</returns>
    [Function(nameof(BusySyncs))]
    public async Task<long[]> BusySyncs(
        [ActivityTrigger] long[] cabinetIds, [DurableClient] DurableTaskClient client, CancellationToken cancellationToken)
    {
        List<long> busy = [];
        foreach (var cabinetId in cabinetIds)
        {
            if (await client.IsLiveAsync(InstanceIds.SyncOf(cabinetId), cancellationToken))
            {
                busy.Add(cabinetId);
            }
        }

        return [.. busy];
    }
}
