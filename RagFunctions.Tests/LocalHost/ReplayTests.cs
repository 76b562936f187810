using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Time.Testing;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.LocalHost;

public sealed class ReplayTests : IAsyncLifetime
{
    private static readonly Type[] Samples = [typeof(OrchestrationSamples), typeof(ActivitySamples)];

    private readonly Journal _journal = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));
    private TestDatabase _database = null!;
    private RunningHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        _host = await RunningHost.StartAsync(_database, _journal, Samples, _time);
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _database.DisposeAsync();
    }

    [Theory]
    [InlineData(nameof(OrchestrationSamples.Chain))]
    [InlineData(nameof(OrchestrationSamples.FanOut))]
    [InlineData(nameof(OrchestrationSamples.Window))]
    public async Task Activities_run_one_after_the_other_all_at_once_and_in_a_window(string orchestrator)
    {
        var end = await _host.RunAsync(orchestrator, 20);
        Assert.Equal((OrchestrationRuntimeStatus.Completed, "420"), (end.RuntimeStatus, end.SerializedOutput));
    }

    [Fact]
    public async Task Custom_status_is_seen_while_running_and_stays()
    {
        var end = await _host.RunAsync(nameof(OrchestrationSamples.Chain), 2);
        Assert.Equal("\"after 2\"", end.SerializedCustomStatus);
    }

    [Fact]
    public async Task A_timer_follows_the_given_clock()
    {
        var id = await _host.Client.ScheduleNewOrchestrationInstanceAsync(nameof(OrchestrationSamples.Sleeper), 30, TestContext.Current.CancellationToken);
        await Condition.BecomesTrueAsync(
            async () => (await _host.Client.GetInstanceAsync(id))!.RuntimeStatus == OrchestrationRuntimeStatus.Running, "running");
        _time.Advance(TimeSpan.FromMinutes(29));
        Assert.False((await _host.Client.GetInstanceAsync(id, TestContext.Current.CancellationToken))!.IsCompleted);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal("[\"2026-03-01T12:00:00Z\",\"2026-03-01T12:30:00Z\"]", (await _host.EndOfAsync(id)).SerializedOutput);
    }

    [Fact]
    public async Task A_timer_that_lost_the_race_is_cancelled_and_forgotten()
    {
        var end = await _host.RunAsync(nameof(OrchestrationSamples.FasterThanTimer));
        Assert.Equal("\"work\"", end.SerializedOutput);
    }

    [Fact]
    public async Task Continuing_as_new_begins_with_the_new_input_and_without_history()
    {
        var end = await _host.RunAsync(nameof(OrchestrationSamples.Generations), 3);
        Assert.Equal(("0", "0"), (end.SerializedInput, end.SerializedOutput));
        Assert.Equal(["generation 3", "generation 2", "generation 1", "generation 0"], _journal.Lines);
        await using var count = _database.Source.CreateCommand("SELECT count(*) FROM local_host.history WHERE kind = 'ActivityScheduled'");
        Assert.Equal(1L, await count.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task New_guids_are_the_same_in_every_replay_and_differ_from_each_other()
    {
        var end = await _host.RunAsync(nameof(OrchestrationSamples.Guids));
        var guids = System.Text.Json.JsonSerializer.Deserialize<Guid[]>(end.SerializedOutput!)!;
        Assert.Equal(2, guids.Distinct().Count());
        Assert.Equal([guids[0].ToString()], _journal.Lines);
    }

    [Fact]
    public async Task Records_pass_through_json_and_the_bindings_are_there()
    {
        var end = await _host.RunAsync(nameof(OrchestrationSamples.Typed), new OrchestrationSamples.Order("pen", 1));
        Assert.Equal("""{"Item":"pen AddOne local","Count":2}""", end.SerializedOutput);
    }

    [Fact]
    public async Task A_failed_activity_arrives_without_its_type()
    {
        var end = await _host.RunAsync(nameof(OrchestrationSamples.CatchesFailure));
        Assert.Equal("""["Fail","(unknown)","it broke: badly"]""", end.SerializedOutput);
    }

    [Fact]
    public async Task A_retry_policy_waits_by_durable_timers_that_grow()
    {
        var id = await _host.Client.ScheduleNewOrchestrationInstanceAsync(nameof(OrchestrationSamples.Retries), 2, TestContext.Current.CancellationToken);
        await TimersBecomeAsync(1);
        _time.Advance(TimeSpan.FromSeconds(10));
        await TimersBecomeAsync(2);
        Assert.Equal(2, _journal.Count("attempt"));
        // Twice ten seconds, but no more than fifteen.
        _time.Advance(TimeSpan.FromSeconds(15));
        Assert.Equal("3", (await _host.EndOfAsync(id)).SerializedOutput);
    }

    [Fact]
    public async Task A_retry_policy_gives_up_after_its_last_attempt()
    {
        var id = await _host.Client.ScheduleNewOrchestrationInstanceAsync(nameof(OrchestrationSamples.Retries), 9, TestContext.Current.CancellationToken);
        await TimersBecomeAsync(1);
        _time.Advance(TimeSpan.FromMinutes(1));
        await TimersBecomeAsync(2);
        _time.Advance(TimeSpan.FromMinutes(1));
        var end = await _host.EndOfAsync(id);
        Assert.Equal(OrchestrationRuntimeStatus.Failed, end.RuntimeStatus);
        Assert.Contains("attempt 3 fails", end.SerializedOutput, StringComparison.Ordinal);
        Assert.Equal(3, _journal.Count("attempt"));
    }

    private Task TimersBecomeAsync(long timers) => Condition.BecomesTrueAsync(
        async () =>
        {
            await using var count = _database.Source.CreateCommand("SELECT count(*) FROM local_host.history WHERE kind = 'TimerCreated'");
            return await count.ExecuteScalarAsync() is long found && found == timers;
        },
        $"{timers} timers");
}
