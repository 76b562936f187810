using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using RagFunctions.Core.Marketplace.Sync;

namespace RagFunctions.Sync;

/// <summary>
/// The sync of a cabinet: one activity for each entity, side by side, and an index run as soon as one of them has changes. Prices and
/// stocks name articles and sizes, so they begin when the first step of the cards has ended, however. Always a top-level instance named
/// by <see cref="Index.InstanceIds.SyncOf"/>.
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
