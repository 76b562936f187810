using System.Diagnostics;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Runs;

namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>The steps of a cabinet's sync, each the work of one activity. Idempotent: each may run twice, also side by side.</summary>
public sealed class SyncSteps(SyncPlanner planner, EntitySync sync, ChangeQueue queue, FirstSync firstSync, StartIndex start, TimeProvider time)
{
    /// <summary>A limit nearer than this is waited for so long: where it is less than a second, several calls fit into the next step.</summary>
    public static readonly TimeSpan ShortestWait = TimeSpan.FromSeconds(5);

    /// <summary>How long an entity is left to whoever has it: a repeated delivery, or a worker that died, whose lease ends some time.</summary>
    public static readonly TimeSpan BusyWait = TimeSpan.FromSeconds(30);

    /// <summary>What is to be synchronised now, in starting order.</summary>
    public Task<IReadOnlyList<SyncEntity>> PlanAsync(SyncPlanInput input, CancellationToken cancellationToken) =>
        ObservedStep.RunAsync<IReadOnlyList<SyncEntity>>("plan_sync", input.CabinetId, async _ => input.AskedAt is not null
            ? SyncEntityNames.All
            : [.. (await planner.DueAsync(input.CabinetId, cancellationToken)).SelectMany(due => due.Entities)]);

    /// <summary>Synchronises an entity until it is done or something stands in the way.</summary>
    public Task<SyncStepResult> SyncAsync(SyncStepInput input, CancellationToken cancellationToken) =>
        ObservedStep.RunAsync("sync_entity", input.CabinetId, async span =>
        {
            span?.SetTag(RagTelemetry.SyncEntity, input.Entity.Name());
            var result = await sync.RunAsync(input.CabinetId, input.Entity, input.AskedAt, cancellationToken);

            // Another delivery of this step may have changed the rows and its answer been lost: what it queued tells.
            var changes = result.HasChanges || result.Status == EntitySyncStatus.Ok
                ? result.RowsInserted + result.RowsUpdated
                : (await queue.CountAsync(input.CabinetId, cancellationToken)).Sum(depth => depth.Due);
            var outcome = result.Status.Name();
            span?.SetTag(RagTelemetry.SyncOutcome, outcome);
            RagTelemetry.Syncs.Add(1, new TagList
            {
                { RagTelemetry.CabinetId, input.CabinetId }, { RagTelemetry.SyncEntity, input.Entity.Name() }, { RagTelemetry.SyncOutcome, outcome },
            });
            return new SyncStepResult(result, changes, WaitOf(result));
        });

    /// <summary>Starts the run that indexes what was committed and queued; while a cabinet is read for the first time its last entity does.</summary>
    /// <returns>False when it was not started now: the changes are queued, the sweep starts it.</returns>
    public Task<bool> StartIndexAsync(StartSyncedInput input, CancellationToken cancellationToken) =>
        ObservedStep.RunAsync("start_index", input.CabinetId, async _ =>
            !await firstSync.IsUnderWayAsync(input.CabinetId, cancellationToken)
            && await start.StartChangedAsync(input.CabinetId, input.Changes, cancellationToken) is not null);

    private TimeSpan? WaitOf(EntitySyncResult result) => result switch
    {
        { Status: EntitySyncStatus.Waiting, WaitUntil: { } until } => until - time.GetUtcNow() is var wait && wait > ShortestWait ? wait : ShortestWait,
        { Status: EntitySyncStatus.Busy } => BusyWait,
        _ => null,
    };
}

/// <summary>Asks what a cabinet's sync has to do.</summary>
/// <param name="AskedAt">When a person asked for everything; null = what is due.</param>
public sealed record SyncPlanInput(long CabinetId, DateTimeOffset? AskedAt = null);

/// <summary>Asks for the sync of one entity.</summary>
/// <param name="AskedAt">When a person asked for it; null = only if it is due.</param>
public sealed record SyncStepInput(long CabinetId, SyncEntity Entity, DateTimeOffset? AskedAt = null);

/// <summary>What came of a step.</summary>
/// <param name="Result">The entity's own result.</param>
/// <param name="Changes">
/// Rows worth an index run: those this step changed, or, where it changed none because another delivery of it did, those that are queued.
/// </param>
/// <param name="Wait">
/// How long to wait before the next step of this entity; null = none follows in this sync. A length and not an instant: an orchestrator waits by
/// another clock than the limits run by.
/// </param>
public sealed record SyncStepResult(EntitySyncResult Result, long Changes, TimeSpan? Wait = null);

/// <summary>Asks for the run that indexes a sync's changes.</summary>
/// <param name="Changes">Rows changed, at least 1.</param>
public sealed record StartSyncedInput(long CabinetId, long Changes);
