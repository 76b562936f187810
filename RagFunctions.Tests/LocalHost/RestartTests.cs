using Microsoft.DurableTask.Client;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.LocalHost;

public sealed class RestartTests(DatabaseFixture fixture) : LocalHostTest(fixture), IClassFixture<DatabaseFixture>
{
    [Fact]
    public async Task A_recorded_completion_stays_and_a_lost_one_runs_again()
    {
        await ScheduleAsync(nameof(OrchestrationSamples.Gated), "gate", "x");
        await Host.StatusBecomesAsync("x", "waits");
        await Condition.BecomesTrueAsync(() => Journal.Count("at gate") == 1, "the second activity runs");
        await StopHostAsync();

        await StartHostAsync();
        await Condition.BecomesTrueAsync(() => Journal.Count("at gate") == 2, "the second activity runs again");
        Journal.Open("gate");
        Assert.Equal("\"first gate third\"", (await Host.EndOfAsync("x")).SerializedOutput);
        Assert.Equal(1, Journal.Count("first"));
        Assert.Equal(1, Journal.Count("third"));
    }

    [Fact]
    public async Task A_timer_that_came_due_meanwhile_fires_at_once()
    {
        await ScheduleAsync(nameof(OrchestrationSamples.Sleeper), 30, "x");
        await Condition.BecomesTrueAsync(async () => await CountAsync("history", "kind = 'TimerCreated'") == 1, "the timer is stored");
        await StopHostAsync();
        Time.Advance(TimeSpan.FromHours(1));
        await StartHostAsync();
        Assert.Equal("[\"2026-03-01T12:00:00Z\",\"2026-03-01T13:00:00Z\"]", (await Host.EndOfAsync("x")).SerializedOutput);
    }

    [Fact]
    public async Task A_decision_that_the_database_did_not_take_is_stored_again()
    {
        await using (var gate = await HistoryGate.CloseAsync(Database.Source, "ActivityCompleted", "Note"))
        {
            await ScheduleAsync(nameof(OrchestrationSamples.Gated), "gate", "x");
            await gate.SomebodyWaitsAsync();
            await gate.EndWaitingSessionsAsync();
        }

        Journal.Open("gate");
        Assert.Equal("\"first gate third\"", (await Host.EndOfAsync("x")).SerializedOutput);
        Assert.Equal(1, Journal.Count("first"));
    }

    [Fact]
    public async Task Many_orchestrations_stopped_again_and_again_all_end_right()
    {
        for (var i = 0; i < 20; i++)
        {
            await ScheduleAsync(nameof(OrchestrationSamples.Window), 10, $"x{i}");
        }

        for (var stop = 0; stop < 5; stop++)
        {
            await StopHostAsync();
            await StartHostAsync(("LocalHost:Chaos", "true"));
        }

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal("110", (await Host.EndOfAsync($"x{i}")).SerializedOutput);
        }
    }

    [Fact]
    public async Task A_second_host_on_the_same_database_waits_for_the_first()
    {
        var first = Host;
        var second = StartHostAsync();
        await ScheduleAsync(nameof(OrchestrationSamples.Chain), 1, "x");
        Assert.Equal("2", (await first.EndOfAsync("x")).SerializedOutput);
        Assert.False(second.IsCompleted);
        await first.DisposeAsync();
        await second;
    }

    [Fact]
    public async Task Under_chaos_every_activity_runs_twice_and_the_first_result_is_dropped()
    {
        await StopHostAsync();
        await StartHostAsync(("LocalHost:Chaos", "true"));
        var end = await Host.RunAsync(nameof(OrchestrationSamples.Attempts));
        var attempts = System.Text.Json.JsonSerializer.Deserialize<int[]>(end.SerializedOutput!)!;
        Assert.Equal(4, Journal.Count("attempt"));
        // Side by side either may end last; one after the other it is the second run.
        Assert.InRange(attempts[0], 1, 2);
        Assert.Equal(4, attempts[1]);
    }

    [Fact]
    public async Task A_terminated_orchestration_stays_so_after_a_restart()
    {
        await ScheduleAsync(nameof(OrchestrationSamples.Gated), "gate", "x");
        await Host.StatusBecomesAsync("x", "waits");
        await Host.Client.TerminateInstanceAsync("x", output: "enough", Ct);
        Journal.Open("gate");
        await StopHostAsync();
        await StartHostAsync();
        var end = await Host.EndOfAsync("x");
        Assert.Equal((OrchestrationRuntimeStatus.Terminated, "\"enough\""), (end.RuntimeStatus, end.SerializedOutput));
        Assert.DoesNotContain("third", Journal.Lines);
    }
}
