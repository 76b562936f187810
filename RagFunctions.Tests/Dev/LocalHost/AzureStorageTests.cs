using System.Net;

namespace RagFunctions.Tests.Dev.LocalHost;

/// <summary>The app with its orchestrations where Azure keeps them: in Azure Storage, or the emulator of it. Nobody sweeps here.</summary>
[Trait("Guarantee", "killed")]
public sealed class AzureStorageTests(KilledStorageHosts killed) : IClassFixture<KilledStorageHosts>
{
    private const string Idle = "SELECT count(*) > 0 AND bool_and(lease_owner IS NULL AND requested_mode IS NULL) FROM rag_index_status";

    // Gone when the daily purge has come to its end.
    private const string OldRun = """
        INSERT INTO rag_index_runs (run_id, cabinet_id, mode, owner, as_of, started_at)
        VALUES (gen_random_uuid(), 1, 'full_rebuild', 'old', now(), now() - interval '400 days')
        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_killed_rebuild_goes_on_by_itself_within_two_minutes() =>
        await AssertGoneOnAsync(await killed.Rebuild, "index-1");

    [Fact]
    public async Task A_killed_rebuild_of_all_goes_on_by_itself_within_two_minutes()
    {
        var host = await killed.RebuildOfAll;
        await AssertGoneOnAsync(host, "rebuild-all");
        Assert.True(await host.Served.ScalarAsync<bool>("SELECT ended_at IS NOT NULL FROM rag_rebuild_all"));
    }

    [Fact]
    public async Task An_index_run_completes()
    {
        await using var hub = await StorageHub.CreateAsync();
        await using var served = await ServedCabinets.CreateAsync(1, 300, seed: 62, [.. hub.Settings, ("LocalHost__Chaos", "true")]);
        await served.StartAsync();
        await served.Process.PostAsync("/v1/rag/index/1");
        await EndsAsync(served, "index-1");
        Assert.Equal("completed", (string)(await served.Process.Durable.OutputAsync("index-1"))["Outcome"]!, ignoreCase: true);
        await AssertOneRunEachAsync(served);
    }

    [Fact]
    public async Task Two_hosts_on_one_hub_share_its_partitions_and_start_once()
    {
        await using var hub = await StorageHub.CreateAsync();
        await using var served = await ServedCabinets.CreateAsync(4, 60, seed: 63, hub.Settings);
        await served.StartAsync();
        await using var other = await ServeProcess.StartAsync(served.Database.ConnectionString, served.Provider.BaseUrl, hub.Settings);
        await Condition.BecomesTrueAsync(async () => await hub.OwnersAsync() == 2, "each host owns partitions");
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        served.Provider.BeforeAnswer = _ => release.Task;
        await Task.WhenAll(served.Ids.SelectMany(id => new[] { served.Process, other }, (id, host) => host.PostAsync($"/v1/rag/index/{id}?full_rebuild=true")));
        release.SetResult();
        foreach (var id in served.Ids)
        {
            await EndsAsync(served, $"index-{id}");
        }

        await AssertOneRunEachAsync(served);
    }

    [Fact]
    public async Task A_start_of_what_runs_already_is_refused()
    {
        await using var hub = await StorageHub.CreateAsync();
        await using var served = await ServedCabinets.CreateAsync(1, 60, seed: 64, hub.Settings);
        await served.StartAsync();
        var release = await HoldAsync(served, "/v1/rag/index/1?full_rebuild=true");
        await served.Process.PostAsync("/v1/rag/index/1");
        using (var answer = await served.Process.Durable.StartAsync("IndexCabinet", "index-1"))
        {
            Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        }

        release.SetResult();
        await EndsAsync(served, "index-1");
        await AssertOneRunEachAsync(served);
    }

    [Fact]
    public async Task The_daily_purge_removes_old_ended_instances_and_no_others()
    {
        await using var hub = await StorageHub.CreateAsync();
        await using var served = await ServedCabinets.CreateAsync(2, 60, seed: 65, hub.Settings);
        await served.StartAsync();
        await served.Process.PostAsync("/v1/rag/index/1");
        await EndsAsync(served, "index-1");
        await PurgeAsync(served, served.Process.Durable);
        Assert.True(await served.Process.Durable.HasEndedAsync("index-1"));

        var release = await HoldAsync(served, "/v1/rag/index/2");
        await using (var later = await RunningApp.StartAsync(
            served.Database, new LaterTime(TimeSpan.FromDays(8)), hub.Settings.Select(setting => (setting.Name.Replace("__", ":", StringComparison.Ordinal), setting.Value))
                .Concat([("Embeddings:Provider", "openai"), ("Embeddings:Endpoint", $"{served.Provider.BaseUrl}"), ("Embeddings:ApiKey", "key-of-the-fake")])))
        {
            await PurgeAsync(served, later.Durable);
            Assert.Null(await later.Durable.FindAsync("index-1"));
            Assert.Equal(["index-2"], await later.Durable.LiveAsync());
        }

        release.SetResult();
        await EndsAsync(served, "index-2");
        await served.AssertIndexedAsync(2);
    }

    /// <summary>The same orchestration, from where it was, without a sweep, and soon enough.</summary>
    private static async Task AssertGoneOnAsync(KilledHost host, string instance)
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"taken up {host.Back.TotalSeconds:f0} s after the kill");
        Assert.InRange(host.Back, TimeSpan.Zero, TimeSpan.FromMinutes(2));
        await EndsAsync(host.Served, instance);
        await AssertOneRunEachAsync(host.Served);
    }

    private static async Task EndsAsync(ServedCabinets served, string instance)
    {
        await Condition.BecomesTrueAsync(() => served.Process.Durable.HasEndedAsync(instance), $"{instance} has ended");
        await served.Process.Durable.OutputAsync(instance);
    }

    private static async Task AssertOneRunEachAsync(ServedCabinets served)
    {
        Assert.True(await served.ScalarAsync<bool>(Idle));
        foreach (var cabinet in served.Ids)
        {
            await served.AssertIndexedAsync(cabinet);
            Assert.Equal("completed", await served.ScalarAsync<string>("SELECT string_agg(coalesce(outcome, '?'), ',') FROM rag_index_runs WHERE cabinet_id = $1", cabinet));
        }
    }

    /// <summary>Asks for a run, which then waits for the provider.</summary>
    private static async Task<TaskCompletionSource> HoldAsync(ServedCabinets served, string path)
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        served.Provider.BeforeAnswer = _ =>
        {
            arrived.TrySetResult();
            return release.Task;
        };
        await served.Process.PostAsync(path);
        await arrived.Task.WaitAsync(Stop);
        return release;
    }

    private static async Task PurgeAsync(ServedCabinets served, DurableApi durable)
    {
        await served.ExecuteAsync(OldRun);
        await durable.FireAsync("PurgeHistoryTimer");
        await served.BecomesTrueAsync("SELECT NOT EXISTS (SELECT FROM rag_index_runs WHERE owner = 'old')", "the purge has ended");
    }

    private sealed class LaterTime(TimeSpan by) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + by;
    }
}
