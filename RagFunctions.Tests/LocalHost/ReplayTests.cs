using Microsoft.DurableTask.Client;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.LocalHost;

public sealed class ReplayTests(DatabaseFixture fixture) : LocalHostTest(fixture), IClassFixture<DatabaseFixture>
{
    [Theory]
    [InlineData(nameof(OrchestrationSamples.Chain))]
    [InlineData(nameof(OrchestrationSamples.FanOut))]
    [InlineData(nameof(OrchestrationSamples.Window))]
    public async Task Activities_run_one_after_the_other_all_at_once_and_in_a_window(string orchestrator)
    {
        var end = await Host.RunAsync(orchestrator, 20);
        Assert.Equal((OrchestrationRuntimeStatus.Completed, "420"), (end.RuntimeStatus, end.SerializedOutput));
    }

    [Fact]
    public async Task Custom_status_is_seen_while_running_and_stays()
    {
        var end = await Host.RunAsync(nameof(OrchestrationSamples.Chain), 2);
        Assert.Equal("\"after 2\"", end.SerializedCustomStatus);
    }

    [Fact]
    public async Task ATimer_follows_the_given_clock()
    {
        var id = await ScheduleAsync(nameof(OrchestrationSamples.Sleeper), 30);
        await Condition.BecomesTrueAsync(
            async () => (await Host.Client.GetInstanceAsync(id))!.RuntimeStatus == OrchestrationRuntimeStatus.Running, "running");
        Time.Advance(TimeSpan.FromMinutes(29));
        Assert.False((await Host.Client.GetInstanceAsync(id, Ct))!.IsCompleted);
        Time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("[\"2026-03-01T12:00:00Z\",\"2026-03-01T12:30:00Z\"]", (await Host.EndOfAsync(id)).SerializedOutput);
    }

    [Fact]
    public async Task ATimer_that_lost_the_race_is_cancelled_and_forgotten()
    {
        var end = await Host.RunAsync(nameof(OrchestrationSamples.FasterThanTimer));
        Assert.Equal("\"work\"", end.SerializedOutput);
    }

    [Fact]
    public async Task Continuing_as_new_begins_with_the_new_input_and_without_history()
    {
        var end = await Host.RunAsync(nameof(OrchestrationSamples.Generations), 3);
        Assert.Equal(("0", "0"), (end.SerializedInput, end.SerializedOutput));
        Assert.Equal(["generation 3", "generation 2", "generation 1", "generation 0"], Journal.Lines);
        Assert.Equal(1, await CountAsync("history", "kind = 'ActivityScheduled'"));
    }

    [Fact]
    public async Task A_result_that_the_generation_before_had_asked_for_is_dropped()
    {
        var id = await ScheduleAsync(nameof(OrchestrationSamples.LeavesOneBehind), "first");
        await Condition.BecomesTrueAsync(() => Journal.Count("at first") == 1 && Journal.Count("at second") == 1, "both are under way");
        Journal.Open("first");

        // Time enough for it to arrive.
        await Host.RunAsync(nameof(OrchestrationSamples.Chain), 3);
        Journal.Open("second");
        Assert.Equal("\"second\"", (await Host.EndOfAsync(id)).SerializedOutput);
    }

    [Fact]
    public async Task New_guids_are_the_same_in_every_replay_and_differ_from_each_other()
    {
        var end = await Host.RunAsync(nameof(OrchestrationSamples.Guids));
        var guids = System.Text.Json.JsonSerializer.Deserialize<Guid[]>(end.SerializedOutput!)!;
        Assert.Equal(2, guids.Distinct().Count());
        Assert.Equal([guids[0].ToString()], Journal.Lines);
    }

    [Fact]
    public async Task Records_pass_through_json_and_the_bindings_are_there()
    {
        var end = await Host.RunAsync(nameof(OrchestrationSamples.Typed), new OrchestrationSamples.Order("pen", 1));
        Assert.Equal("""{"Item":"pen AddOne local","Count":2}""", end.SerializedOutput);
    }

    [Fact]
    public async Task A_failed_activity_arrives_without_its_type()
    {
        var end = await Host.RunAsync(nameof(OrchestrationSamples.CatchesFailure));
        Assert.Equal("""["Fail","(unknown)","it broke: badly"]""", end.SerializedOutput);
    }

    [Fact]
    public async Task A_retry_policy_waits_by_durable_timers_that_grow()
    {
        var id = await ScheduleAsync(nameof(OrchestrationSamples.Retries), 2);
        await TimersBecomeAsync(1);
        Time.Advance(TimeSpan.FromSeconds(10));
        await TimersBecomeAsync(2);
        Assert.Equal(2, Journal.Count("attempt"));
        // Twice ten seconds, but no more than fifteen.
        Time.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal("3", (await Host.EndOfAsync(id)).SerializedOutput);
    }

    [Fact]
    public async Task A_retry_policy_gives_up_after_its_last_attempt()
    {
        var id = await ScheduleAsync(nameof(OrchestrationSamples.Retries), 9);
        await TimersBecomeAsync(1);
        Time.Advance(TimeSpan.FromMinutes(1));
        await TimersBecomeAsync(2);
        Time.Advance(TimeSpan.FromMinutes(1));
        var end = await Host.EndOfAsync(id);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Contains("attempt 3 fails", end.SerializedOutput, StringComparison.Ordinal);
        Assert.Equal(3, Journal.Count("attempt"));
    }

    private Task TimersBecomeAsync(long timers) => Condition.BecomesTrueAsync(
        async () => await CountAsync("history", "kind = 'TimerCreated'") == timers, $"{timers} timers");
}
