using RagFunctions.Core.Changes;
using RagFunctions.Core.Runs;

namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>The steps done by the services of this process.</summary>
public sealed class SyncSteps(SyncPlanner planner, EntitySync sync, ChangeQueue queue, StartIndex start, TimeProvider time) : ISyncSteps
{
    /// <summary>A limit nearer than this is waited for so long: where it is less than a second, several calls fit into the next step.</summary>
    public static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(5);

    /// <summary>How long an entity is left to whoever has it: a repeated delivery, or a worker that died, whose lease ends some time.</summary>
    public static readonly TimeSpan BusyWait = TimeSpan.FromSeconds(30);

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
        return new SyncStepResult(result, changes, WaitOf(result));
    }

    private TimeSpan? WaitOf(EntitySyncResult result) => result switch
    {
        { Status: EntitySyncStatus.Waiting, WaitUntil: { } until } => until - time.GetUtcNow() is var wait && wait > ShortestWait ? wait : ShortestWait,
        { Status: EntitySyncStatus.Busy } => BusyWait,
        _ => null,
    };

    /// <inheritdoc />
    public async Task<bool> StartIndexAsync(StartSyncedInput input, CancellationToken cancellationToken) =>
        await start.StartChangedAsync(input.CabinetId, input.Changes, cancellationToken) is not null;
}
