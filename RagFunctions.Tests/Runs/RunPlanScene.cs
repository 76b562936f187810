using RagFunctions.Core;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Store;

namespace RagFunctions.Tests.Runs;

/// <summary>Brings a plan to the moment that a test is about.</summary>
internal static class RunPlanScene
{
    public static readonly DateTimeOffset Now = new(2026, 3, 1, 3, 0, 0, TimeSpan.Zero);

    public static readonly Guid RunId = Guid.Parse("7e6f0e6e-54a3-4f05-9f39-4a2b2f1c0001");

    public static RunInput Input() => new RunInput(7, "durable:index-7").Begun(RunId, Now);

    public static RunPlan Plan(RunInput? input = null) => new(input ?? Input());

    public static RunPlan Opened(RunMode mode, params ChangeRange[] ranges)
    {
        var plan = Plan();
        Next<RunStep.BeginRound>(plan, out var open);
        plan.Complete(open, Started(mode, ranges));
        return plan;
    }

    public static RunPlan Embedding(int intervals)
    {
        var plan = Opened(RunMode.Incremental);
        Next<RunStep.PlanEmbedding>(plan, out var planning);
        plan.Complete(planning, new PlanEmbeddingResult(false, intervals, Intervals(intervals)));
        return plan;
    }

    public static RunPlan NotBegun(BeginRoundResult start, RunInput input)
    {
        var plan = Plan(input);
        Next<RunStep.BeginRound>(plan, out var open);
        plan.Complete(open, start);
        return plan;
    }

    public static RunPlan ClosedWith(FinishRoundResult end, RunInput input)
    {
        var plan = NotBegun(Started(RunMode.Incremental), input);
        Next<RunStep.PlanEmbedding>(plan, out var planning);
        plan.Complete(planning, new PlanEmbeddingResult(false, 0, []));
        Next<RunStep.FinishRound>(plan, out var close);
        plan.Complete(close, end);
        return plan;
    }

    public static BeginRoundResult Started(RunMode mode, params ChangeRange[] ranges) => new(BeginStatus.Started, 5, mode, Now, ranges);

    public static ChangeRange Range(Entity entity, long from = 0) => new(entity, from * 100, (from + 1) * 100);

    public static HashInterval[] Intervals(int count) => [.. Enumerable.Range(0, count).Select(i => new HashInterval($"{i:x2}", $"{i + 1:x2}"))];

    public static RunSummary Summary(RunPlan plan) => Assert.IsType<RunEnding.Done>(plan.End()).Summary;

    public static T Next<T>(RunPlan plan, out T typed)
        where T : RunStep
    {
        Assert.True(plan.TryNext(out var step));
        return typed = Assert.IsType<T>(step);
    }

    public static List<T> StartAll<T>(RunPlan plan)
        where T : RunStep
    {
        List<T> started = [];
        while (plan.TryNext(out var step))
        {
            started.Add(Assert.IsType<T>(step));
        }

        return started;
    }

    public static void Finish(RunPlan plan, IEnumerable<RunStep.ApplyChanges> ranges)
    {
        var open = new Queue<RunStep.ApplyChanges>(ranges);
        while (open.TryDequeue(out var range))
        {
            plan.Complete(range, new ApplyChangesResult());
            while (open.Count > 0 && plan.TryNext(out var next))
            {
                open.Enqueue(Assert.IsType<RunStep.ApplyChanges>(next));
            }
        }
    }

    public static void Finish(RunPlan plan, IEnumerable<RunStep.EmbedBatch> batches)
    {
        foreach (var batch in batches)
        {
            Nothing(plan);
            plan.Complete(batch, new EmbedBatchResult());
        }
    }

    public static void Nothing(RunPlan plan) => Assert.False(plan.TryNext(out _));
}
