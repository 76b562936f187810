using System.Text.Json;
using RagFunctions.Core;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Store;
using static RagFunctions.Tests.Runs.RunPlanScene;

namespace RagFunctions.Tests.Runs;

/// <summary>What follows a round: another one, a wait, the end.</summary>
public sealed class RunPlanEndingTests
{
    [Fact]
    public void A_round_that_cannot_be_opened_fails_the_run()
    {
        var plan = Plan();
        Next<RunStep.BeginRound>(plan, out var open);
        plan.Fail(open, "database is starting up");
        Nothing(plan);
        Assert.Equal((RunOutcome.Failed, "database is starting up"), (Summary(plan).Outcome, Summary(plan).Message));
    }

    [Theory]
    [InlineData(BeginStatus.Busy, 1, RunOutcome.Skipped)]
    [InlineData(BeginStatus.Busy, 2, RunOutcome.Superseded)]
    [InlineData(BeginStatus.Inactive, 1, RunOutcome.Skipped)]
    [InlineData(BeginStatus.Refused, 1, RunOutcome.Failed)]
    public void A_round_that_is_not_begun_ends_the_run(BeginStatus status, int round, string outcome)
    {
        var plan = NotBegun(new BeginRoundResult(status, 0, RunMode.Incremental, default, [], Message: "why"), Input() with { Round = round });
        Nothing(plan);
        Assert.Equal((outcome, "why"), (Summary(plan).Outcome, Summary(plan).Message));
    }

    [Theory]
    [InlineData(120, true)]
    [InlineData(121, false)]
    public void A_wait_before_the_round_is_held_up_to_two_minutes(int seconds, bool held)
    {
        var at = Now.AddSeconds(seconds);
        var plan = NotBegun(
            new BeginRoundResult(BeginStatus.NotYet, 0, RunMode.Incremental, default, [], at, Wait: TimeSpan.FromSeconds(seconds)), Input());
        if (held)
        {
            Assert.Equal(new RunEnding.Wait(TimeSpan.FromSeconds(seconds), Input() with { Waits = 1 }), plan.End());
        }
        else
        {
            Assert.Equal((RunOutcome.Waiting, at), (Summary(plan).Outcome, Summary(plan).NotBefore!.Value));
        }
    }

    [Fact]
    public void A_short_wait_for_the_provider_goes_on_with_the_next_round()
    {
        var plan = ClosedWith(new FinishRoundResult(false, RunOutcome.Waiting, Now.AddSeconds(30), TimeSpan.FromSeconds(30)), Input());
        Assert.Equal(new RunEnding.Wait(TimeSpan.FromSeconds(30), Input() with { Round = 2, Waits = 1 }), plan.End());
    }

    [Theory]
    [InlineData(1, 0, 121)]
    [InlineData(1, RunPlan.MostWaits, 30)]
    [InlineData(10, 0, 30)]
    public void A_wait_that_the_run_should_not_take_is_the_sweep_s(int round, int waits, int seconds)
    {
        var plan = ClosedWith(
            new FinishRoundResult(false, RunOutcome.Waiting, Now.AddSeconds(seconds), TimeSpan.FromSeconds(seconds)), Input() with { Round = round, Waits = waits });
        Assert.Equal((RunOutcome.Waiting, Now.AddSeconds(seconds)), (Summary(plan).Outcome, Summary(plan).NotBefore!.Value));
    }

    [Fact]
    public void Another_round_goes_on_with_the_same_run_and_settings()
    {
        var input = Input() with { EmbedWindow = 3, ApplyWindow = 2, Waits = 4 };
        Assert.Equal(new RunEnding.Again(input with { Round = 2 }), ClosedWith(new FinishRoundResult(true, RunOutcome.Completed), input).End());
    }

    [Fact]
    public void The_tenth_round_is_the_last()
    {
        var plan = Plan(Input() with { Round = 10 });
        Next<RunStep.BeginRound>(plan, out var open);
        plan.Complete(open, Started(RunMode.Incremental));
        Next<RunStep.PlanEmbedding>(plan, out var planning);
        plan.Complete(planning, new PlanEmbeddingResult(false, 0, []));
        Assert.True(Next<RunStep.FinishRound>(plan, out var close).Input.LastRound);
        plan.Complete(close, new FinishRoundResult(true, RunOutcome.Completed));
        Assert.IsType<RunEnding.Done>(plan.End());
    }

    [Fact]
    public void What_follows_is_not_told_before_the_round_is_over()
    {
        var plan = Opened(RunMode.Incremental);
        Assert.Throws<InvalidOperationException>(() => plan.End());
    }

    [Theory]
    [InlineData("a table is locked", null, null, "a table is locked")]
    [InlineData("a table is locked", null, "a budget is spent", "a budget is spent")]
    [InlineData("a table is locked", "key refused", "a budget is spent", "key refused")]
    [InlineData(null, null, null, null)]
    public void A_run_tells_first_what_stopped_it(string? error, string? stop, string? budget, string? told)
    {
        var plan = Opened(RunMode.Incremental, Range(Entity.Orders));
        Next<RunStep.ApplyChanges>(plan, out var range);
        plan.Complete(range, new ApplyChangesResult(Error: error));
        Next<RunStep.PlanEmbedding>(plan, out var planning);
        plan.Complete(planning, new PlanEmbeddingResult(false, 1, Intervals(1)));
        Next<RunStep.EmbedBatch>(plan, out var batch);
        plan.Complete(batch, new EmbedBatchResult(StopError: stop, Budget: budget));
        Assert.Equal(stop ?? error, plan.Progress.Error);
        Next<RunStep.FinishRound>(plan, out var close);
        plan.Complete(close, new FinishRoundResult(false, RunOutcome.Failed));
        Assert.Equal(told, Summary(plan).Message);
    }

    [Theory]
    [InlineData(1, 1, 1, 1, true)]
    [InlineData(0, 1, 1, 1, false)]
    [InlineData(1, 0, 1, 1, false)]
    [InlineData(1, 1, 0, 1, false)]
    [InlineData(1, 1, 1, 0, false)]
    public void Windows_rounds_and_their_number_start_at_one(int applyWindow, int embedWindow, int round, int maxRounds, bool isTaken)
    {
        var input = Input() with { ApplyWindow = applyWindow, EmbedWindow = embedWindow, Round = round, MaxRounds = maxRounds };
        if (isTaken)
        {
            Assert.False(new RunPlan(input).IsDone);
        }
        else
        {
            Assert.Throws<ArgumentException>(() => new RunPlan(input));
        }
    }

    [Fact]
    public void The_run_s_input_survives_json_with_its_identity()
    {
        var input = new RunInput(7, "durable:index-7", ApplyWindow: 3).Begun(RunId, Now);
        Assert.Equal(input, JsonSerializer.Deserialize<RunInput>(JsonSerializer.Serialize(input)));
        Assert.Equal(input, input.Begun(Guid.NewGuid(), Now.AddDays(1)));
        Assert.Throws<ArgumentException>(() => new RunPlan(new RunInput(7, "x")));
    }
}
