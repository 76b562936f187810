using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.LocalHost;

public sealed class StricterThanAzureTests(DatabaseFixture fixture) : LocalHostTest(fixture), IClassFixture<DatabaseFixture>
{
    [Theory]
    [InlineData(nameof(OrchestrationSamples.LargeInput), "The input of activity 'Note' has 33794 bytes of JSON; more than 32768")]
    [InlineData(nameof(OrchestrationSamples.LargeOutput), "The output of activity 'Repeat' has 33794 bytes of JSON; more than 32768")]
    [InlineData(nameof(OrchestrationSamples.LargeResult), "The output of the orchestration has 34818 bytes of JSON; more than 32768")]
    [InlineData(nameof(OrchestrationSamples.LargeContinuation), "The input to continue with has 33794 bytes of JSON; more than 32768")]
    [InlineData(nameof(OrchestrationSamples.LargeStatus), "The custom status has 8002 characters of JSON; more than 8000")]
    public async Task What_is_too_large_fails_the_orchestration(string orchestrator, string message) =>
        AssertFailed(await Host.RunAsync(orchestrator), message);

    [Fact]
    public async Task The_largest_custom_status_passes() => Assert.Equal(
        OrchestrationRuntimeStatus.Completed, (await Host.RunAsync(nameof(OrchestrationSamples.LargestStatus))).RuntimeStatus);

    [Fact]
    public async Task An_input_above_32_KB_is_not_scheduled()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => ScheduleAsync(nameof(OrchestrationSamples.Gated), new string('x', 32_767)));
        await ScheduleAsync(nameof(OrchestrationSamples.Gated), new string('x', 32_766));
        Assert.Equal(1, await CountAsync("instances"));
    }

    [Theory]
    [InlineData("yield")]
    [InlineData("task")]
    [InlineData("thread")]
    [InlineData("beside an activity")]
    [InlineData("beside an activity, without its thread")]
    [InlineData("context without its thread")]
    public async Task Awaiting_anything_but_a_durable_task_fails_the_orchestration(string how)
    {
        var id = await ScheduleAsync(nameof(OrchestrationSamples.AwaitsForeignTask), how);
        if (how.StartsWith("beside", StringComparison.Ordinal))
        {
            await Condition.BecomesTrueAsync(() => Journal.Lines.Contains("at never"), "the activity runs");
            Journal.Open("foreign");
        }

        AssertFailed(await Host.EndOfAsync(id), "An invalid asynchronous invocation was detected");
    }

    [Theory]
    [InlineData("name", "step 1: history holds activity 'PassGate', the orchestrator asked for activity 'Note'.")]
    [InlineData("input", "step 1: history holds activity 'PassGate', the orchestrator asked for activity 'PassGate' with another input.")]
    [InlineData("timer", "step 1: history holds activity 'PassGate', the orchestrator asked for a timer for 2026-03-01T12:01:00.0000000Z.")]
    [InlineData("ends", "step 1: history holds activity 'PassGate', the orchestrator asked for nothing.")]
    [InlineData("more", "step 2: history holds nothing, the orchestrator asked for activity 'PassGate'.")]
    public async Task A_replay_that_asks_for_something_else_fails_and_names_the_step(string change, string message)
    {
        var id = await ScheduleAsync(nameof(OrchestrationSamples.Fickle), change);
        await Host.StatusBecomesAsync(id, "waits");
        Journal.Add("changed");
        Journal.Open("gate");
        AssertFailed(await Host.EndOfAsync(id), "Non-deterministic orchestrator: " + message);
    }

    [Fact]
    public async Task Scheduling_a_live_id_replaces_the_instance()
    {
        await ScheduleAsync(nameof(OrchestrationSamples.Gated), "gate", "x");
        await Host.StatusBecomesAsync("x", "waits");
        await ScheduleAsync(nameof(OrchestrationSamples.Chain), 2, "x");
        Journal.Open("gate");
        var end = await Host.EndOfAsync("x");
        Assert.Equal((nameof(OrchestrationSamples.Chain), "6"), (end.Name, end.SerializedOutput));
        Assert.DoesNotContain("third", Journal.Lines);
        Assert.Equal(2, await CountAsync("history", "kind = 'ActivityScheduled'"));
    }

    [Fact]
    public async Task Scheduling_a_live_id_with_dedupe_throws_and_leaves_the_instance()
    {
        await ScheduleAsync(nameof(OrchestrationSamples.Gated), "gate", "x");
        var options = new StartOrchestrationOptions("x").WithDedupeStatuses(
            OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running, OrchestrationRuntimeStatus.Suspended);
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(
            () => Host.Client.ScheduleNewOrchestrationInstanceAsync(nameof(OrchestrationSamples.Chain), 2, options, Ct));
        Assert.Contains("'x'", refusal.Message, StringComparison.Ordinal);
        Journal.Open("gate");
        Assert.Equal("\"first gate third\"", (await Host.EndOfAsync("x")).SerializedOutput);

        // Ended is none of the statuses: now the id is free.
        await Host.Client.ScheduleNewOrchestrationInstanceAsync(nameof(OrchestrationSamples.Chain), 2, options, Ct);
        Assert.Equal("6", (await Host.EndOfAsync("x")).SerializedOutput);
    }

    [Fact]
    public async Task Of_many_starts_at_once_with_dedupe_one_wins()
    {
        var options = new StartOrchestrationOptions("x").WithDedupeStatuses(OrchestrationRuntimeStatus.Pending, OrchestrationRuntimeStatus.Running);
        var starts = Enumerable.Range(0, 8).Select(async _ =>
        {
            try
            {
                await Host.Client.ScheduleNewOrchestrationInstanceAsync(nameof(OrchestrationSamples.Gated), "gate", options, Ct);
                return 1;
            }
            catch (InvalidOperationException)
            {
                return 0;
            }
        });
        Assert.Equal(1, (await Task.WhenAll(starts)).Sum());
        Journal.Open("gate");
        await Host.EndOfAsync("x");
        Assert.Equal(1, Journal.Count("first"));
    }

    [Theory]
    [InlineData("@x")]
    [InlineData("a/b")]
    [InlineData("a\\b")]
    [InlineData("a#b")]
    [InlineData("a?b")]
    [InlineData("a\tb")]
    [InlineData("")]
    public async Task An_id_that_some_back_end_refuses_is_refused(string id) =>
        await Assert.ThrowsAsync<ArgumentException>(() => ScheduleAsync(nameof(OrchestrationSamples.Chain), 1, id));

    [Fact]
    public async Task What_is_not_implemented_says_so()
    {
        await Assert.ThrowsAsync<NotSupportedException>(() => Host.Client.ScheduleNewOrchestrationInstanceAsync(
            nameof(OrchestrationSamples.Chain), 1, new StartOrchestrationOptions(StartAt: Time.GetUtcNow()), Ct));
        await Assert.ThrowsAsync<NotSupportedException>(
            () => Host.Client.TerminateInstanceAsync("x", new TerminateInstanceOptions(Recursive: true), Ct));
        await Assert.ThrowsAsync<InvalidOperationException>(() => ScheduleAsync("NoSuchOrchestrator"));
    }
}
