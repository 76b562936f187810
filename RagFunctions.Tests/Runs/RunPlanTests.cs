using System.Text.Json;
using RagFunctions.Core;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Store;
using static RagFunctions.Tests.Runs.RunPlanScene;

namespace RagFunctions.Tests.Runs;

/// <summary>The steps of one round, and what a step that fails does to the others.</summary>
public sealed class RunPlanTests
{
    [Fact]
    public void A_round_opens_applies_plans_embeds_and_closes_in_this_order()
    {
        var plan = Plan();
        Assert.Equal(new BeginRoundInput(7, RunId, 1, "durable:index-7"), Next<RunStep.BeginRound>(plan, out var open).Input);
        Nothing(plan);
        plan.Complete(open, Started(RunMode.Incremental, Range(Entity.Orders)));
        Assert.Equal(
            new ApplyChangesInput(7, RunId, 5, RunMode.Incremental, Now, Range(Entity.Orders)), Next<RunStep.ApplyChanges>(plan, out var apply).Input);
        Nothing(plan);
        plan.Complete(apply, new ApplyChangesResult(RowsRead: 3, New: 2));
        Assert.Equal(new PlanEmbeddingInput(7, RunId, 5), Next<RunStep.PlanEmbedding>(plan, out var planning).Input);
        Nothing(plan);
        plan.Complete(planning, new PlanEmbeddingResult(false, 2, [new HashInterval(null, null)]));
        Assert.Equal(new EmbedBatchInput(7, RunId, 5, new HashInterval(null, null)), Next<RunStep.EmbedBatch>(plan, out var embed).Input);
        Nothing(plan);
        plan.Complete(embed, new EmbedBatchResult(Embedded: 2, Tokens: 40));
        var finish = Next<RunStep.FinishRound>(plan, out var close).Input;
        Assert.Equal((5L, RunMode.Incremental, false, false), (finish.Token, finish.Mode, finish.ApplyFailed, finish.LastRound));
        Assert.Equal((3L, 2L, 2L, 40L), (finish.Totals.RowsRead, finish.Totals.New, finish.Totals.Embedded, finish.Totals.Tokens));
        Nothing(plan);
        Assert.False(plan.IsDone);
        plan.Complete(close, new FinishRoundResult(false, RunOutcome.Completed));
        Assert.True(plan.IsDone);
        var summary = Assert.IsType<RunEnding.Done>(plan.End()).Summary;
        Assert.Equal(new RunSummary(7, RunId, RunOutcome.Completed, 1, Now), summary);
    }

    [Fact]
    public void Chunks_that_are_pending_are_embedded_although_nothing_is_queued()
    {
        var plan = Opened(RunMode.Incremental);
        Next<RunStep.PlanEmbedding>(plan, out var planning);
        plan.Complete(planning, new PlanEmbeddingResult(false, 0, []));
        Next<RunStep.FinishRound>(plan, out _);
    }

    [Fact]
    public void In_a_full_run_nothing_starts_before_all_products_are_done()
    {
        var plan = Opened(RunMode.Full, Range(Entity.Orders), Range(Entity.Products, 1), Range(Entity.Products, 2));
        Assert.Equal(Entity.Products, Next<RunStep.ApplyChanges>(plan, out var first).Input.Range.Entity);
        Assert.Equal(Entity.Products, Next<RunStep.ApplyChanges>(plan, out var second).Input.Range.Entity);
        Nothing(plan);
        plan.Complete(first, new ApplyChangesResult());
        Nothing(plan);
        plan.Complete(second, new ApplyChangesResult());
        Assert.Equal(Entity.Orders, Next<RunStep.ApplyChanges>(plan, out _).Input.Range.Entity);
    }

    [Fact]
    public void In_a_delta_products_and_others_are_applied_together()
    {
        var plan = Opened(RunMode.Incremental, Range(Entity.Products), Range(Entity.Orders));
        Next<RunStep.ApplyChanges>(plan, out _);
        Assert.Equal(Entity.Orders, Next<RunStep.ApplyChanges>(plan, out _).Input.Range.Entity);
    }

    [Fact]
    [Trait("Guarantee", "same-drivers")]
    [Trait("Defect", "30")]
    public void No_more_ranges_and_batches_are_under_way_than_their_windows_allow()
    {
        var plan = Opened(RunMode.Incremental, [.. Enumerable.Range(0, 6).Select(i => Range(Entity.Orders, i))]);
        var ranges = StartAll<RunStep.ApplyChanges>(plan);
        Assert.Equal(4, ranges.Count);
        plan.Complete(ranges[2], new ApplyChangesResult());
        ranges.AddRange(StartAll<RunStep.ApplyChanges>(plan));
        Assert.Equal(5, ranges.Count);
        ranges.RemoveAt(2);
        Finish(plan, ranges);
        Next<RunStep.PlanEmbedding>(plan, out var planning);
        plan.Complete(planning, new PlanEmbeddingResult(false, 20, Intervals(20)));
        Assert.Equal(8, StartAll<RunStep.EmbedBatch>(plan).Count);
    }

    [Fact]
    public void A_range_that_fails_is_told_and_the_others_go_on()
    {
        var plan = Opened(RunMode.Incremental, Range(Entity.Orders, 1), Range(Entity.Orders, 2));
        Next<RunStep.ApplyChanges>(plan, out var failed);
        Next<RunStep.ApplyChanges>(plan, out var other);
        plan.Fail(failed, "canceling statement due to lock timeout");
        plan.Complete(other, new ApplyChangesResult(New: 1));
        Next<RunStep.PlanEmbedding>(plan, out var planning);
        plan.Complete(planning, new PlanEmbeddingResult(false, 0, []));
        var finish = Next<RunStep.FinishRound>(plan, out _).Input;
        Assert.True(finish.ApplyFailed);
        Assert.True(finish.LastRound);
        Assert.Equal("canceling statement due to lock timeout", finish.Totals.Error);
        Assert.Equal(1, finish.Totals.New);
    }

    [Fact]
    public void A_failed_products_range_does_not_hold_up_a_full_run()
    {
        var plan = Opened(RunMode.Full, Range(Entity.Products), Range(Entity.Orders));
        Next<RunStep.ApplyChanges>(plan, out var products);
        plan.Fail(products, "gone");
        Assert.Equal(Entity.Orders, Next<RunStep.ApplyChanges>(plan, out _).Input.Range.Entity);
    }

    [Fact]
    public void A_lost_lease_starts_nothing_new_awaits_the_started_and_closes()
    {
        var plan = Opened(RunMode.Incremental, [.. Enumerable.Range(0, 6).Select(i => Range(Entity.Orders, i))]);
        var ranges = StartAll<RunStep.ApplyChanges>(plan);
        plan.Complete(ranges[0], new ApplyChangesResult(Superseded: true));
        Nothing(plan);
        Assert.False(plan.IsDone);
        Finish(plan, ranges[1..]);
        Next<RunStep.FinishRound>(plan, out var close);
        plan.Complete(close, new FinishRoundResult(false, RunOutcome.Superseded));
        Assert.Equal(RunOutcome.Superseded, Summary(plan).Outcome);
    }

    [Fact]
    public void A_lost_lease_found_while_planning_embeds_nothing()
    {
        var plan = Opened(RunMode.Incremental);
        Next<RunStep.PlanEmbedding>(plan, out var planning);
        plan.Complete(planning, new PlanEmbeddingResult(true, 3, Intervals(3)));
        Next<RunStep.FinishRound>(plan, out _);
    }

    [Fact]
    public void A_configuration_error_stops_the_round_and_is_the_summary_s_message()
    {
        var plan = Embedding(10);
        var batches = StartAll<RunStep.EmbedBatch>(plan);
        plan.Complete(batches[0], new EmbedBatchResult(StopError: "401: key refused"));
        Nothing(plan);
        Finish(plan, batches[1..]);
        var finish = Next<RunStep.FinishRound>(plan, out var close).Input;
        Assert.Equal("401: key refused", finish.StopError);
        plan.Complete(close, new FinishRoundResult(false, RunOutcome.Failed));
        Assert.Equal((RunOutcome.Failed, "401: key refused"), (Summary(plan).Outcome, Summary(plan).Message));
    }

    [Fact]
    public void The_latest_time_the_provider_asks_for_holds()
    {
        var plan = Embedding(10);
        var batches = StartAll<RunStep.EmbedBatch>(plan);
        plan.Complete(batches[0], new EmbedBatchResult(RetryAt: Now.AddSeconds(40)));
        plan.Complete(batches[1], new EmbedBatchResult(RetryAt: Now.AddSeconds(90)));
        plan.Complete(batches[2], new EmbedBatchResult(RetryAt: Now.AddSeconds(60)));
        Nothing(plan);
        Finish(plan, batches[3..]);
        Assert.Equal(Now.AddSeconds(90), Next<RunStep.FinishRound>(plan, out _).Input.RetryAt);
    }

    [Fact]
    public void An_answer_that_cannot_be_used_brings_no_further_round_at_once()
    {
        var plan = Embedding(1);
        Next<RunStep.EmbedBatch>(plan, out var batch);
        plan.Complete(batch, new EmbedBatchResult(Error: "3 vectors for 4 texts"));
        Assert.True(Next<RunStep.FinishRound>(plan, out _).Input.LastRound);
    }

    [Fact]
    public void Planning_that_fails_still_closes_the_round()
    {
        var plan = Opened(RunMode.Incremental);
        Next<RunStep.PlanEmbedding>(plan, out var planning);
        plan.Fail(planning, "connection refused");
        var finish = Next<RunStep.FinishRound>(plan, out _).Input;
        Assert.Equal((false, true, 1L, "connection refused"), (finish.ApplyFailed, finish.LastRound, finish.Totals.FailedBatches, finish.Totals.Error));
    }

    [Fact]
    public void A_batch_that_fails_is_counted_and_the_others_go_on()
    {
        var plan = Embedding(10);
        var batches = StartAll<RunStep.EmbedBatch>(plan);
        plan.Fail(batches[0], "connection reset");
        Assert.Equal((1, 10), (plan.Progress.Done, plan.Progress.Total));
        batches.AddRange(StartAll<RunStep.EmbedBatch>(plan));
        Assert.Equal(9, batches.Count);
        plan.Complete(batches[1], new EmbedBatchResult());
        batches.AddRange(StartAll<RunStep.EmbedBatch>(plan));
        Finish(plan, batches[2..]);
        var finish = Next<RunStep.FinishRound>(plan, out _).Input;
        Assert.Equal((1L, "connection reset", true), (finish.Totals.FailedBatches, finish.Totals.Error, finish.LastRound));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_first_error_of_a_round_is_the_one_kept(bool whilePlanning)
    {
        var plan = Opened(RunMode.Incremental, Range(Entity.Orders, 1), Range(Entity.Orders, 2));
        Next<RunStep.ApplyChanges>(plan, out var first);
        Next<RunStep.ApplyChanges>(plan, out var second);
        plan.Fail(first, "the first");
        plan.Fail(second, "the second");
        Next<RunStep.PlanEmbedding>(plan, out var planning);
        if (whilePlanning)
        {
            plan.Fail(planning, "the third");
        }
        else
        {
            plan.Complete(planning, new PlanEmbeddingResult(false, 1, Intervals(1)));
            Next<RunStep.EmbedBatch>(plan, out var batch);
            plan.Fail(batch, "the third");
        }

        Assert.Equal("the first", Next<RunStep.FinishRound>(plan, out _).Input.Totals.Error);
    }

    [Fact]
    public void What_one_batch_reports_no_later_answer_takes_back()
    {
        var plan = Embedding(3);
        var batches = StartAll<RunStep.EmbedBatch>(plan);
        plan.Complete(batches[0], new EmbedBatchResult(StopError: "disk full", Budget: "of the day", StoreFailed: true, Error: "short answer", RetryAt: Now));
        plan.Complete(batches[1], new EmbedBatchResult(StopError: "other", Budget: "other", StoreFailed: true, Error: "other"));
        plan.Complete(batches[2], new EmbedBatchResult());
        var finish = Next<RunStep.FinishRound>(plan, out _).Input;
        Assert.Equal(("disk full", "of the day", true, true, Now), (finish.StopError, finish.Budget, finish.StoreFailed, finish.LastRound, finish.RetryAt));
    }

    [Theory]
    [InlineData(RunPlan.MostShortIntervals, false)]
    [InlineData(RunPlan.MostShortIntervals + 1, true)]
    public void Batches_of_a_long_embedding_leave_room_for_short_ones(int intervals, bool isLarge) =>
        Assert.All(StartAll<RunStep.EmbedBatch>(Embedding(intervals)), batch => Assert.Equal(isLarge, batch.Input.IsLarge));

    [Theory]
    [Trait("Guarantee", "model-change")]
    [InlineData(true)]
    [InlineData(false)]
    public void What_builds_the_next_generation_leaves_room_for_changes(bool builds)
    {
        var plan = Opened(RunMode.Incremental);
        Next<RunStep.PlanEmbedding>(plan, out var planning);
        HashInterval[] intervals = [.. Intervals(1), .. Intervals(1).Select(interval => interval with { IsNext = true })];
        plan.Complete(planning, new PlanEmbeddingResult(false, 1, intervals, builds));
        Assert.Equal([false, builds], StartAll<RunStep.EmbedBatch>(plan).Select(batch => batch.Input.IsLarge));
    }

    [Fact]
    public void An_entity_that_cannot_be_read_fails_the_round()
    {
        var plan = NotBegun(Started(RunMode.Incremental) with { Unread = ["wb_orders: no column nm_id", "wb_sales: no table"] }, Input());
        var finish = AfterNothingPending(plan);
        Assert.Equal(
            (true, true, true, "wb_orders: no column nm_id; wb_sales: no table"),
            (finish.EntityUnread, finish.ApplyFailed, finish.LastRound, finish.Totals.Error));
    }

    [Fact]
    public void A_round_in_which_all_was_read_has_not_failed()
    {
        var finish = AfterNothingPending(NotBegun(Started(RunMode.Incremental) with { Unread = [] }, Input()));
        Assert.Equal((false, false, false, null), (finish.EntityUnread, finish.ApplyFailed, finish.LastRound, finish.Totals.Error));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Entities_held_at_the_begin_and_by_ranges_are_booked_together(bool atBegin)
    {
        var held = new BlockedEntity(Entity.Products, 400, 100);
        var blocked = new BlockedEntity(Entity.Orders, 300, 20);
        var plan = NotBegun(Started(RunMode.Full, Range(Entity.Orders)) with { Held = atBegin ? [held] : null }, Input());
        Next<RunStep.ApplyChanges>(plan, out var range);
        plan.Complete(range, new ApplyChangesResult(Blocked: blocked));
        Assert.Equal(atBegin ? [held, blocked] : [blocked], AfterNothingPending(plan).Totals.Blocked);
    }

    [Fact]
    public void A_step_is_over_once()
    {
        var plan = Opened(RunMode.Incremental, Range(Entity.Orders), Range(Entity.Sales));
        Next<RunStep.ApplyChanges>(plan, out var range);
        plan.Complete(range, new ApplyChangesResult(New: 1));
        Assert.Throws<InvalidOperationException>(() => plan.Complete(range, new ApplyChangesResult(New: 1)));
        Assert.Throws<InvalidOperationException>(() => plan.Fail(range with { }, "never started"));
    }

    [Fact]
    [Trait("Defect", "36")]
    public void Progress_and_totals_stay_small_whatever_the_errors()
    {
        var plan = Opened(RunMode.Full, Range(Entity.Products));
        Next<RunStep.ApplyChanges>(plan, out var range);
        plan.Complete(range, new ApplyChangesResult(Error: new string('ы', 100_000)));
        Assert.True(JsonSerializer.Serialize(plan.Progress).Length < 8_000);
        Next<RunStep.PlanEmbedding>(plan, out var planning);
        plan.Complete(planning, new PlanEmbeddingResult(false, 1, Intervals(1)));
        Next<RunStep.EmbedBatch>(plan, out var batch);
        plan.Complete(batch, new EmbedBatchResult(StopError: new string('ы', 100_000)));
        Assert.True(JsonSerializer.Serialize(plan.Progress).Length < 8_000);
        Assert.True(JsonSerializer.Serialize(Next<RunStep.FinishRound>(plan, out _).Input).Length < 16_000);
    }

    [Fact]
    public void Progress_counts_ranges_that_are_done_and_that_failed()
    {
        var plan = Opened(RunMode.Full, [.. Enumerable.Range(0, 4).Select(i => Range(Entity.Sales, i))]);
        var ranges = StartAll<RunStep.ApplyChanges>(plan);
        plan.Complete(ranges[0], new ApplyChangesResult(RowsRead: 7));
        plan.Fail(ranges[1], "gone");
        Assert.Equal(new RunProgress("apply", 2, 4, 1, "full_rebuild", 7, 0, 0, "gone"), plan.Progress);
    }

    [Fact]
    public void Progress_names_phase_and_counts()
    {
        var plan = Embedding(3);
        var batches = StartAll<RunStep.EmbedBatch>(plan);
        plan.Complete(batches[0], new EmbedBatchResult(Embedded: 4, Reused: 1));
        Assert.Equal(new RunProgress("embed", 1, 3, 1, "incremental", 0, 5, 3, null), plan.Progress);
    }

    private static FinishRoundInput AfterNothingPending(RunPlan plan)
    {
        Next<RunStep.PlanEmbedding>(plan, out var planning);
        plan.Complete(planning, new PlanEmbeddingResult(false, 0, []));
        return Next<RunStep.FinishRound>(plan, out _).Input;
    }
}
