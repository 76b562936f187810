using RagFunctions.Core.Changes;
using RagFunctions.Core.Runs;

namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>The steps done by the services of this process.</summary>
public sealed class SyncSteps(SyncPlanner planner, EntitySync sync, ChangeQueue queue, StartIndex start) : ISyncSteps
{
    /// <inheritdoc />
    public async Task<IReadOnlyList<SyncEntity>> PlanAsync(SyncPlanInput input, CancellationToken cancellationToken) =>
        input.AskedAt is not null
            ? SyncEntityNames.All
            : [.. (await planner.DueAsync(input.CabinetId, cancellationToken)).SelectMany(due => due.Entities)];

    /// <inheritdoc />
    public async Task<SyncStepResult> SyncAsync(SyncStepInput input, CancellationToken cancellationToken)
    {
        var result = await sync.RunAsync(input.CabinetId, input.Entity, input.AskedAt, cancellationToken);

        // Another delivery of this step may have changed the rows and its answer been lost: what it queued tells.
        var changes = result.HasChanges || result.Status == EntitySyncStatus.Ok
            ? result.RowsInserted + result.RowsUpdated
            : (await queue.CountAsync(input.CabinetId, cancellationToken)).Sum(depth => depth.Due);
        return new SyncStepResult(result, changes);
    }

    /// <inheritdoc />
    public async Task<bool> StartIndexAsync(StartSyncedInput input, CancellationToken cancellationToken) =>
        await start.StartChangedAsync(input.CabinetId, input.Changes, cancellationToken) is not null;
}
