using System.Diagnostics;
using RagFunctions.Core.Marketplace.Sync;

namespace RagFunctions.Core.Telemetry;

/// <summary>A span and its length for every step of a sync, and how each entity ended.</summary>
internal sealed class ObservedSyncSteps(ISyncSteps inner) : ISyncSteps
{
    /// <inheritdoc />
    public Task<IReadOnlyList<SyncEntity>> PlanAsync(SyncPlanInput input, CancellationToken cancellationToken) =>
        ObservedStep.RunAsync("plan_sync", input.CabinetId, _ => inner.PlanAsync(input, cancellationToken));

    /// <inheritdoc />
    public Task<SyncStepResult> SyncAsync(SyncStepInput input, CancellationToken cancellationToken) =>
        ObservedStep.RunAsync("sync_entity", input.CabinetId, async span =>
        {
            span?.SetTag(RagTelemetry.SyncEntity, input.Entity.Name());
            var step = await inner.SyncAsync(input, cancellationToken);
            var outcome = step.Result.Status.Name();
            span?.SetTag(RagTelemetry.SyncOutcome, outcome);
            RagTelemetry.Syncs.Add(1, new TagList
            {
                { RagTelemetry.CabinetId, input.CabinetId }, { RagTelemetry.SyncEntity, input.Entity.Name() }, { RagTelemetry.SyncOutcome, outcome },
            });
            return step;
        });

    /// <inheritdoc />
    public Task<bool> StartIndexAsync(StartSyncedInput input, CancellationToken cancellationToken) =>
        ObservedStep.RunAsync("start_index", input.CabinetId, _ => inner.StartIndexAsync(input, cancellationToken));
}
