using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Store;

namespace RagFunctions.Index;

/// <summary>
/// A run of a cabinet, one round in each generation. What to do is <see cref="RunPlan"/>'s; this only starts activities, awaits
/// them and tells the plan. Always a top-level instance named by <see cref="InstanceIds.IndexOf"/>.
/// </summary>
public static class IndexCabinet
{
    private static readonly TaskOptions Retry = TaskOptions.FromRetryPolicy(
        new RetryPolicy(maxNumberOfAttempts: 3, firstRetryInterval: TimeSpan.FromSeconds(5), backoffCoefficient: 2));

    /// <returns>How the run ended; null when it goes on as new.</returns>
    [Function(nameof(IndexCabinet))]
    public static async Task<RunSummary?> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, RunInput input)
    {
        var plan = new RunPlan(input.Begun(context.NewGuid(), context.CurrentUtcDateTime));
        context.SetCustomStatus(plan.Progress);
        var activities = new Activities(context);
        List<Task<Action>> running = [];
        while (!plan.IsDone)
        {
            while (plan.TryNext(out var step))
            {
                running.Add(StepAsync(plan, step, activities));
            }

            var finished = await Task.WhenAny(running);
            running.Remove(finished);
            (await finished)();
            context.SetCustomStatus(plan.Progress);
        }

        switch (plan.End())
        {
            case RunEnding.Again again:
                context.ContinueAsNew(again.Next);
                return null;
            case RunEnding.Wait wait:
                await context.CreateTimer(wait.Time, CancellationToken.None);
                context.ContinueAsNew(wait.Next);
                return null;
            case RunEnding.Done done:
                return done.Summary;
            case var ending:
                throw new NotSupportedException(ending.GetType().Name);
        }
    }

    /// <returns>Tells the plan the answer; called by the loop, one at a time.</returns>
    private static async Task<Action> StepAsync(RunPlan plan, RunStep step, Activities activities)
    {
        try
        {
            return await plan.RunAsync(step, activities, CancellationToken.None);
        }
        catch (TaskFailedException failure)
        {
            return () => plan.Fail(step, failure.FailureDetails.ErrorMessage);
        }
    }

    /// <summary>The steps as activities: the only tasks that are ever awaited here are those of the context.</summary>
    private sealed class Activities(TaskOrchestrationContext context) : IRunSteps
    {
        public Task<BeginRoundResult> BeginAsync(BeginRoundInput input, CancellationToken cancellationToken) =>
            context.CallActivityAsync<BeginRoundResult>(nameof(IndexActivities.BeginRound), input, Retry);

        public Task<RunRoundResult> RunRoundAsync(RunRoundInput input, CancellationToken cancellationToken) =>
            context.CallActivityAsync<RunRoundResult>(nameof(IndexActivities.RunRound), input, Retry);

        public Task<ApplyChangesResult> ApplyAsync(ApplyChangesInput input, CancellationToken cancellationToken) =>
            context.CallActivityAsync<ApplyChangesResult>(nameof(IndexActivities.ApplyChanges), input, Retry);

        public Task<PlanEmbeddingResult> PlanAsync(PlanEmbeddingInput input, CancellationToken cancellationToken) =>
            context.CallActivityAsync<PlanEmbeddingResult>(nameof(IndexActivities.PlanEmbedding), input, Retry);

        public Task<EmbedBatchResult> EmbedAsync(EmbedBatchInput input, CancellationToken cancellationToken) =>
            context.CallActivityAsync<EmbedBatchResult>(nameof(IndexActivities.EmbedBatch), input, Retry);

        public Task<FinishRoundResult> FinishAsync(FinishRoundInput input, CancellationToken cancellationToken) =>
            context.CallActivityAsync<FinishRoundResult>(nameof(IndexActivities.FinishRound), input, Retry);
    }
}
