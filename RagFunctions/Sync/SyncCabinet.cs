using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Core.Runs;
using RagFunctions.Index;

namespace RagFunctions.Sync;

/// <summary>
/// The sync of a cabinet: one activity for each entity, at the same time, and an index run as soon as one of them has changes. Prices and
/// stocks refer to articles and sizes that the cards bring, so they begin after the first step of the cards, even if that step failed.
/// Always a top-level instance named by <see cref="Index.InstanceIds.SyncOf"/>.
/// </summary>
public static class SyncCabinet
{
    /// <summary>A limit further away is not waited for: the entity ends as waiting, the timer goes on with it.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(2);

    /// <summary>After this nothing is waited for any more: what is left and what is due by then is the timer's next sync.</summary>
    public static readonly TimeSpan LongestSync = TimeSpan.FromMinutes(15);

    /// <summary>Steps of an entity in one generation, which bounds its history.</summary>
    public const int MostSteps = 25;

    internal static readonly TaskOptions Retry = TaskOptions.FromRetryPolicy(
        new RetryPolicy(maxNumberOfAttempts: 3, firstRetryInterval: TimeSpan.FromSeconds(5), backoffCoefficient: 2));

    /// <returns>What came of each entity; null when it goes on as new.</returns>
    [Function(nameof(SyncCabinet))]
    public static async Task<SyncSummary?> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, SyncCabinetInput input)
    {
        var state = input with { StartedAt = input.StartedAt ?? context.CurrentUtcDateTime };
        var status = new SyncStatus(context);
        var entities = state.Entities ?? await PlanAsync(context, state);
        status.Begin(entities);

        // Each task ends only when all it has started has: nothing is left behind at the end or at continue-as-new.
        entities = await new SyncGeneration(context, state, status).RunAsync(entities);
        if (entities.Any(entity => entity.IsOpen))
        {
            context.ContinueAsNew(state with { Entities = entities });
            return null;
        }

        status.End();
        return new SyncSummary(state.CabinetId, state.StartedAt, [.. entities.Select(entity => SyncedEntity.Of(entity.Sum))]);
    }

    private static async Task<IReadOnlyList<EntityProgress>> PlanAsync(TaskOrchestrationContext context, SyncCabinetInput state)
    {
        var planned = await context.CallActivityAsync<SyncEntity[]>(
            nameof(SyncActivities.PlanSync), new SyncPlanInput(state.CabinetId, state.AskedAt), Retry);
        return [.. planned.Select(entity => new EntityProgress(entity))];
    }
}

/// <summary>Where the sync of a cabinet stands; renewed by continue-as-new.</summary>
/// <param name="AskedAt">When a person asked for everything; null = the timer, what is due.</param>
/// <param name="StartedAt">When the first generation began.</param>
public sealed record SyncCabinetInput(long CabinetId, DateTimeOffset? AskedAt = null, DateTimeOffset? StartedAt = null)
{
    /// <summary>What was planned and came of it; null = not planned yet.</summary>
    public IReadOnlyList<EntityProgress>? Entities { get; init; }
}

/// <summary>How a sync ended: the orchestration's output.</summary>
/// <param name="StartedAt">When the first generation began.</param>
/// <param name="Entities">What was planned, in starting order.</param>
public sealed record SyncSummary(long CabinetId, DateTimeOffset? StartedAt, IReadOnlyList<SyncedEntity> Entities);

/// <summary>What came of one entity, for whoever reads the orchestration's output.</summary>
/// <param name="Entity">Its name.</param>
/// <param name="Status">One of <see cref="EntitySyncStatus"/>, in snake case.</param>
/// <param name="Read">Rows the marketplace sent.</param>
/// <param name="New">Rows new to the tables.</param>
/// <param name="Changed">Rows whose stored content changed.</param>
/// <param name="WaitUntil">With <c>waiting</c>: when the marketplace lets it go on; the timer does.</param>
/// <param name="Reason">Why, where there is something to say; with <c>ok</c> what a secondary call failed with.</param>
/// <param name="KeptAside">Rows that could not be read or stored: they stand in <c>wb_sync_rejects</c>.</param>
public sealed record SyncedEntity(
    string Entity, string Status, long Read, long New, long Changed, DateTimeOffset? WaitUntil = null, string? Reason = null, long KeptAside = 0)
{
    internal static SyncedEntity Of(EntitySyncResult sum) => new(
        sum.Entity.Name(), sum.Status.Name(), sum.RowsRead, sum.RowsInserted, sum.RowsUpdated,
        sum.WaitUntil, sum.Reason, sum.RowsRejected);
}

/// <summary>The one way a sync is started.</summary>
internal static class SyncStart
{
    /// <summary>Starts the sync of a cabinet, or finds the one under way.</summary>
    /// <param name="client">Of the calling function.</param>
    /// <param name="askedAt">When a person asked; null = what is due.</param>
    public static Task<StartedRun> StartSyncAsync(
        this DurableTaskClient client, long cabinetId, DateTimeOffset? askedAt, CancellationToken cancellationToken) =>
        client.StartSingletonAsync(
            nameof(SyncCabinet), InstanceIds.SyncOf(cabinetId), new SyncCabinetInput(cabinetId, askedAt), cancellationToken);
}
