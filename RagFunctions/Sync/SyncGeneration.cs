using Microsoft.DurableTask;
using RagFunctions.Core.Marketplace.Sync;

namespace RagFunctions.Sync;

/// <summary>What <see cref="SyncCabinet"/> does between planning and its end, or going on as new. Part of an orchestrator: awaits its tasks alone.</summary>
internal sealed class SyncGeneration(TaskOrchestrationContext context, SyncCabinetInput state, SyncStatus status)
{
    /// <summary>Runs the open entities side by side. Ends when everything it has started has.</summary>
    /// <returns>All entities, in starting order; those still open go on in another generation.</returns>
    public async Task<IReadOnlyList<EntityProgress>> RunAsync(IReadOnlyList<EntityProgress> entities)
    {
        var open = entities.Where(entity => entity.IsOpen).ToList();
        var cards = open.Find(entity => entity is { Entity: SyncEntity.Cards, NextTry: null });
        var followers = cards is null ? [] : open.Where(entity => entity.Entity is SyncEntity.Prices or SyncEntity.Stocks).ToList();

        List<Task<EntityProgress>> later = [];
        void BeginFollowers() => later.AddRange(followers.Select(follower => SyncAsync(follower)));
        var ended = await Task.WhenAll(
            open.Except(followers).Select(entity => SyncAsync(entity, firstStepEnded: entity == cards ? BeginFollowers : null)));
        return [.. entities.Where(entity => !entity.IsOpen).Concat(ended).Concat(await Task.WhenAll(later)).OrderBy(entity => entity.Entity)];
    }

    /// <summary>Steps of an entity until it is through, waits too long, or this generation has had enough of them.</summary>
    private async Task<EntityProgress> SyncAsync(EntityProgress entity, Action? firstStepEnded = null)
    {
        List<Task> starts = [];
        for (var steps = 0; entity.IsOpen && steps < SyncCabinet.MostSteps; steps++)
        {
            if (entity.NextTry is { } at)
            {
                status.Waits();
                await context.CreateTimer(at.UtcDateTime, CancellationToken.None);
                status.GoesOn();
            }

            var step = await StepAsync(entity.Entity);
            if (steps == 0)
            {
                firstStepEnded?.Invoke();
            }

            if (step.Changes > 0)
            {
                starts.Add(StartIndexAsync(step.Changes));
            }

            var next = NextTry(step.Wait);
            entity = entity.With(step.Result) with { NextTry = next, IsOpen = next is not null };
        }

        if (!entity.IsOpen)
        {
            status.Done();
        }

        await Task.WhenAll(starts);
        return entity;
    }

    /// <summary>One step; a failure that outlives the retries is the entity's own.</summary>
    private async Task<SyncStepResult> StepAsync(SyncEntity entity)
    {
        try
        {
            return await context.CallActivityAsync<SyncStepResult>(
                nameof(SyncActivities.SyncEntity), new SyncStepInput(state.CabinetId, entity, state.AskedAt), SyncCabinet.Retry);
        }
        catch (TaskFailedException failure)
        {
            return new SyncStepResult(new EntitySyncResult(entity, EntitySyncStatus.Failed, Reason: failure.FailureDetails.ErrorMessage), 0);
        }
    }

    /// <summary>By Durable's clock, as everything here; null when this sync waits no longer.</summary>
    private DateTimeOffset? NextTry(TimeSpan? wait)
    {
        var next = context.CurrentUtcDateTime + wait;
        return wait <= SyncCabinet.LongestWait && next - state.StartedAt <= SyncCabinet.LongestSync ? next : null;
    }

    private async Task StartIndexAsync(long changes)
    {
        try
        {
            await context.CallActivityAsync<bool>(
                nameof(SyncActivities.StartSynced), new StartSyncedInput(state.CabinetId, changes), SyncCabinet.Retry);
        }
        catch (TaskFailedException)
        {
            // What changed stands in the queue: the sweep starts the run.
        }
    }
}

/// <summary>One entity of a sync under way.</summary>
/// <param name="IsOpen">There is more to do in this sync.</param>
/// <param name="NextTry">When it goes on, if it waits.</param>
public sealed record EntityProgress(SyncEntity Entity, bool IsOpen = true, DateTimeOffset? NextTry = null)
{
    // A problem's text comes from the marketplace; history and status keep only the beginning.
    private const int MostReason = 300;

    /// <summary>The last status, the rows of all steps together; a status comes with the first step.</summary>
    public EntitySyncResult Sum { get; init; } = new(Entity, EntitySyncStatus.NotDue);

    /// <summary>This and a further step.</summary>
    public EntityProgress With(EntitySyncResult step) => this with
    {
        Sum = step with
        {
            RowsRead = Sum.RowsRead + step.RowsRead,
            RowsInserted = Sum.RowsInserted + step.RowsInserted,
            RowsUpdated = Sum.RowsUpdated + step.RowsUpdated,
            RowsRejected = Sum.RowsRejected + step.RowsRejected,
            Reason = step.Reason is { Length: > MostReason } reason ? reason[..MostReason] : step.Reason,
        },
    };
}
