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

/// <summary>The steps of a cabinet's sync, each the work of one activity. Idempotent: each may run twice, also side by side.</summary>
public interface ISyncSteps
{
    /// <summary>What is to be synchronised now, in starting order.</summary>
    Task<IReadOnlyList<SyncEntity>> PlanAsync(SyncPlanInput input, CancellationToken cancellationToken);

    /// <summary>Synchronises an entity until it is done or something stands in the way.</summary>
    Task<SyncStepResult> SyncAsync(SyncStepInput input, CancellationToken cancellationToken);

    /// <summary>Starts the run that indexes what was committed and queued.</summary>
    /// <returns>False when it could not be started now: the changes are queued, the sweep starts it.</returns>
    Task<bool> StartIndexAsync(StartSyncedInput input, CancellationToken cancellationToken);
}

/// <summary>Asks what a cabinet's sync has to do.</summary>
/// <param name="CabinetId">The cabinet.</param>
/// <param name="AskedAt">When a person asked for everything; null = what is due.</param>
public sealed record SyncPlanInput(long CabinetId, DateTimeOffset? AskedAt = null);

/// <summary>Asks for the sync of one entity.</summary>
/// <param name="CabinetId">The cabinet.</param>
/// <param name="Entity">The entity.</param>
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
/// <param name="CabinetId">The cabinet.</param>
/// <param name="Changes">Rows changed, at least 1.</param>
public sealed record StartSyncedInput(long CabinetId, long Changes);
