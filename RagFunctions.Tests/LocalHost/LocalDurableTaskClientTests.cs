using Microsoft.DurableTask.Client;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.LocalHost;

public sealed class LocalDurableTaskClientTests(DatabaseFixture fixture) : LocalHostTest(fixture), IClassFixture<DatabaseFixture>
{
    private static readonly OrchestrationRuntimeStatus[] Completed = [OrchestrationRuntimeStatus.Completed];

    [Fact]
    public async Task Inputs_and_outputs_are_there_only_when_asked_for()
    {
        await ScheduleAsync(nameof(OrchestrationSamples.Chain), 1, "x");
        await Host.EndOfAsync("x");
        var bare = (await Host.Client.GetInstanceAsync("x", Ct))!;
        Assert.Equal((null, null, null), (bare.SerializedInput, bare.SerializedOutput, bare.SerializedCustomStatus));
        var whole = (await Host.Client.GetInstanceAsync("x", getInputsAndOutputs: true, Ct))!;
        Assert.Equal(("1", "2", "\"after 1\""), (whole.SerializedInput, whole.SerializedOutput, whole.SerializedCustomStatus));
        Assert.Null(await Host.Client.GetInstanceAsync("y", Ct));
    }

    [Fact]
    public async Task The_list_comes_in_pages_of_the_asked_size()
    {
        for (var i = 0; i < 5; i++)
        {
            await ScheduleAsync(nameof(OrchestrationSamples.Chain), 1, $"a{i}");
            await Host.EndOfAsync($"a{i}");
        }

        List<int> sizes = [];
        List<string> ids = [];
        await foreach (var page in Host.Client.GetAllInstancesAsync(new OrchestrationQuery(PageSize: 2, Statuses: Completed)).AsPages().WithCancellation(Ct))
        {
            sizes.Add(page.Values.Count);
            ids.AddRange(page.Values.Select(instance => instance.InstanceId));
        }

        Assert.Equal([2, 2, 1], sizes);
        Assert.Equal(["a0", "a1", "a2", "a3", "a4"], ids);
    }

    [Fact]
    public async Task A_purge_without_creation_time_or_statuses_or_of_what_runs_is_refused()
    {
        await ScheduleAsync(nameof(OrchestrationSamples.Gated), "gate", "x");
        foreach (var filter in (PurgeInstancesFilter[])
            [
                new(),
                new(CreatedFrom: DateTimeOffset.MinValue),
                new(Statuses: Completed),
                new(CreatedFrom: DateTimeOffset.MinValue, Statuses: []),
                new(CreatedFrom: DateTimeOffset.MinValue, Statuses: [OrchestrationRuntimeStatus.Running]),
            ])
        {
            await Assert.ThrowsAsync<ArgumentException>(() => Host.Client.PurgeAllInstancesAsync(filter, Ct));
        }

        Assert.Equal(1, await CountAsync("instances"));
    }

    [Fact]
    public async Task A_purge_takes_what_ended_within_its_times()
    {
        await ScheduleAsync(nameof(OrchestrationSamples.Chain), 1, "old");
        await Host.EndOfAsync("old");
        await ScheduleAsync(nameof(OrchestrationSamples.Gated), "gate", "running");
        await Host.StatusBecomesAsync("running", "waits");
        Time.Advance(TimeSpan.FromDays(8));
        await ScheduleAsync(nameof(OrchestrationSamples.Chain), 1, "new");
        await Host.EndOfAsync("new");
        var purged = await Host.Client.PurgeAllInstancesAsync(
            new PurgeInstancesFilter(DateTimeOffset.MinValue, Time.GetUtcNow().AddDays(-7), Completed), Ct);
        Assert.Equal(1, purged.PurgedInstanceCount);
        Assert.Null(await Host.Client.GetInstanceAsync("old", Ct));
        Assert.Equal(2, await CountAsync("instances"));
        Assert.Equal(0, await CountAsync("history", "execution_id NOT IN (SELECT execution_id FROM local_host.instances)"));
    }

    [Fact]
    public async Task Terminating_ends_a_live_instance_and_touches_no_other()
    {
        await ScheduleAsync(nameof(OrchestrationSamples.Gated), "gate", "x");
        await Host.StatusBecomesAsync("x", "waits");
        await Host.Client.TerminateInstanceAsync("x", Ct);
        await Host.Client.TerminateInstanceAsync("unknown", Ct);
        Journal.Open("gate");
        var end = await Host.RunAsync(nameof(OrchestrationSamples.Chain), 1);
        await Host.Client.TerminateInstanceAsync(end.InstanceId, Ct);
        Assert.Equal(OrchestrationRuntimeStatus.Terminated, (await Host.Client.GetInstanceAsync("x", Ct))!.RuntimeStatus);
        Assert.Equal(OrchestrationRuntimeStatus.Completed, (await Host.Client.GetInstanceAsync(end.InstanceId, Ct))!.RuntimeStatus);
        Assert.DoesNotContain("third", Journal.Lines);
    }
}
