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
        List<Task<Action>> running = [];
        while (!plan.IsDone)
        {
            while (plan.TryNext(out var step))
            {
                running.Add(StepAsync(context, plan, step));
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

    /// <summary>Runs a step; its answer is told to the plan by the loop, one at a time.</summary>
    private static async Task<Action> StepAsync(TaskOrchestrationContext context, RunPlan plan, RunStep step)
    {
        try
        {
            switch (step)
            {
                case RunStep.OpenRound open:
                    var start = await context.CallActivityAsync<RoundStart>(nameof(IndexActivities.BeginRound), open.Input, Retry);
                    return () => plan.Complete(open, start);
                case RunStep.RunRound round:
                    var done = await context.CallActivityAsync<RunRoundResult>(nameof(IndexActivities.RunRound), round.Input, Retry);
                    return () => plan.Complete(round, done);
                case RunStep.ApplyRange apply:
                    var applied = await context.CallActivityAsync<ApplyResult>(nameof(IndexActivities.ApplyChanges), apply.Input, Retry);
                    return () => plan.Complete(apply, applied);
                case RunStep.PlanEmbedding planning:
                    var planned = await context.CallActivityAsync<EmbeddingPlan>(nameof(IndexActivities.PlanEmbedding), planning.Input, Retry);
                    return () => plan.Complete(planning, planned);
                case RunStep.EmbedBatch embed:
                    var embedded = await context.CallActivityAsync<EmbedBatchResult>(nameof(IndexActivities.EmbedBatch), embed.Input, Retry);
                    return () => plan.Complete(embed, embedded);
                case RunStep.CloseRound close:
                    var end = await context.CallActivityAsync<RoundEnd>(nameof(IndexActivities.FinishRound), close.Input, Retry);
                    return () => plan.Complete(close, end);
                default:
                    throw new NotSupportedException(step.GetType().Name);
            }
        }
        catch (TaskFailedException failure)
        {
            return () => plan.Fail(step, failure.FailureDetails.ErrorMessage);
        }
    }
}
