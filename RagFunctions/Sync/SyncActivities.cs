using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Index;

namespace RagFunctions.Sync;

/// <summary>The steps of a sync as activities. Each is idempotent: it may run twice, also side by side.</summary>
public sealed class SyncActivities(ISyncSteps steps, DurableRunStarter starter)
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
}
