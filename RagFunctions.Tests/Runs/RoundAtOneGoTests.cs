using RagFunctions.Core;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs;
using static RagFunctions.Tests.Runs.RunPlanScene;

namespace RagFunctions.Tests.Runs;

/// <summary>Which rounds one activity does, and what it leaves to others.</summary>
public sealed class RoundAtOneGoTests
{
    private static readonly RunInput Short = Input() with { ShortRounds = true };

    [Theory]
    [InlineData(0, true)]
    [InlineData(RunPlan.MostShortRows, true)]
    [InlineData(RunPlan.MostShortRows + 1, false)]
    public void A_round_of_one_page_is_one_step(long rows, bool isOne)
    {
        var plan = NotBegun(Started(RunMode.Incremental, Range(Entity.Orders)) with { Rows = rows }, Short);
        Assert.True(plan.TryNext(out var step));
        Assert.Equal(isOne, step is RunStep.RunRound);
        Assert.Equal(!isOne, step is RunStep.ApplyChanges);
    }

    [Fact]
    public void Without_durable_no_round_is_one_step()
    {
        var plan = NotBegun(Started(RunMode.Incremental, Range(Entity.Orders)) with { Rows = 1 }, Input());
        Next<RunStep.ApplyChanges>(plan, out _);
    }

    [Theory]
    [InlineData(RunPlan.MostShortIntervals, true)]
    [InlineData(RunPlan.MostShortIntervals + 1, false)]
    public void Embedding_too_large_for_one_activity_is_fanned_out(int intervals, bool isDone)
    {
        var inner = RunPlan.OfRound(new RunRoundInput(Short, Started(RunMode.Incremental)));
        Next<RunStep.PlanEmbedding>(inner, out var planning);
        inner.Complete(planning, new PlanEmbeddingResult(false, intervals, Intervals(intervals)));
        Assert.Equal(!isDone, inner.IsDone);
        Assert.Equal(isDone, inner.TryNext(out _));
        if (isDone)
        {
            return;
        }

        var left = inner.RoundResult;
        Assert.Equal((null, intervals), (left.End, left.Left!.Intervals.Count));
        var outer = NotBegun(Started(RunMode.Incremental), Short);
        Next<RunStep.RunRound>(outer, out var round);
        outer.Complete(round, left);
        Assert.Equal(Short.EmbedWindow, StartAll<RunStep.EmbedBatch>(outer).Count);
    }

    [Fact]
    public void What_it_ended_with_is_the_end_of_the_round()
    {
        var plan = NotBegun(Started(RunMode.Incremental), Short);
        Next<RunStep.RunRound>(plan, out var round);
        plan.Complete(round, new RunRoundResult(new FinishRoundResult(true, RunOutcome.Completed), new RoundTotals { RowsRead = 3 }));
        Nothing(plan);
        Assert.Equal(new RunEnding.Again(Short with { Round = 2 }), plan.End());
    }

    [Fact]
    public void One_that_fails_for_good_is_booked_as_a_failed_application()
    {
        var plan = NotBegun(Started(RunMode.Incremental), Short);
        Next<RunStep.RunRound>(plan, out var round);
        plan.Fail(round, "no memory");
        var close = Next<RunStep.FinishRound>(plan, out _).Input;
        Assert.Equal((true, "no memory", true), (close.ApplyFailed, close.Totals.Error, close.LastRound));
    }

    [Fact]
    public void A_round_that_cannot_be_booked_fails_the_activity()
    {
        var inner = RunPlan.OfRound(new RunRoundInput(Short, Started(RunMode.Incremental)));
        Next<RunStep.PlanEmbedding>(inner, out var planning);
        inner.Complete(planning, new PlanEmbeddingResult(false, 0, []));
        Next<RunStep.FinishRound>(inner, out var close);
        inner.Fail(close, "the database is away");
        Assert.Equal("the database is away", Assert.Throws<InvalidOperationException>(() => inner.RoundResult).Message);
    }
}
