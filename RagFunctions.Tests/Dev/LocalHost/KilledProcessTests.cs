namespace RagFunctions.Tests.Dev.LocalHost;

/// <summary>
/// The real process with its orchestrations in memory, under chaos, and <c>kill -9</c>: what was under way is taken up by the sweep of the next
/// process, when the lease of the killed one has run out.
/// </summary>
public sealed class KilledProcessTests
{
    private const int Rows = 300;

    /// <summary>Where the process is when it is killed: what it is just about to write.</summary>
    public static TheoryData<string, string> Moments =>
    [
        ("rag_index_status", "BEFORE UPDATE WHEN (NEW.lease_owner IS NOT NULL AND OLD.lease_owner IS NULL)"),
        ("rag_metadata", "BEFORE INSERT"),
        ("rag_embeddings", "BEFORE INSERT"),
        ("rag_index_status", "BEFORE UPDATE WHEN (NEW.lease_owner IS NULL AND OLD.lease_owner IS NOT NULL)"),
    ];

    [Theory]
    [Trait("Guarantee", "killed")]
    [Trait("Defect", "50")]
    [MemberData(nameof(Moments))]
    public async Task A_run_killed_in_an_activity_is_taken_up_by_the_sweep(string table, string when)
    {
        await using var served = await CreateAsync();
        await served.StartAsync();
        await using (var gate = await AdvisoryGate.CloseAsync(served.Database.Source, table, when))
        {
            await PostFullAsync(served);
            await gate.SomebodyWaitsAsync();
            await served.KillAsync();
        }

        await served.StartAsync();
        await AssertIndexedAsync(served);
    }

    [Fact]
    public async Task The_sweep_resumes_a_run_killed_while_the_provider_works()
    {
        await using var served = await CreateAsync();
        await served.StartAsync();
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var released = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        served.Provider.BeforeAnswer = _ =>
        {
            arrived.TrySetResult();
            return released.Task;
        };
        await PostFullAsync(served);
        await arrived.Task.WaitAsync(TestContext.Current.CancellationToken);
        await served.KillAsync();
        served.Provider.BeforeAnswer = null;
        released.SetResult();
        await served.StartAsync();
        await AssertIndexedAsync(served);
    }

    [Fact]
    [Trait("Guarantee", "killed")]
    [Trait("Defect", "35")]
    public async Task The_sweep_resumes_a_killed_rebuild_of_all_where_it_was()
    {
        await using var served = await ServedCabinets.CreateAsync(3, Rows, seed: 40, ("Runs__LeaseSeconds", "5"));
        await served.StartAsync();
        await served.Process.SweepAsync();
        await served.BecomesIdleAsync(served.Ids);
        await served.ExecuteAsync("UPDATE wb_products SET price = price + 1");
        var before = await served.ScalarAsync<DateTime>("SELECT clock_timestamp()");
        await using (var gate = await AdvisoryGate.CloseAsync(
            served.Database.Source, "rag_metadata", $"BEFORE UPDATE WHEN (NEW.cabinet_id = {served.Ids[1]})"))
        {
            await served.Process.PostAsync("/v1/rag/index?full_rebuild=true");
            await gate.SomebodyWaitsAsync();
            await served.KillAsync();
        }

        await served.StartAsync();
        await served.BecomesTrueAsync(
            "SELECT count(*) = 3 FROM rag_index_status WHERE full_completed_at > $1", "all are rebuilt", sweeping: true, before);
        await served.BecomesTrueAsync("SELECT ended_at IS NOT NULL FROM rag_rebuild_all", "the rebuild has ended", sweeping: true);
        await served.BecomesIdleAsync(served.Ids);
        foreach (var cabinet in served.Ids)
        {
            await served.AssertIndexedAsync(cabinet);
            Assert.Equal(1, await served.ScalarAsync<long>(
                "SELECT count(*) FROM rag_index_runs WHERE cabinet_id = $1 AND mode = 'full_rebuild' AND started_at > $2 AND outcome = 'completed'", cabinet, before));
        }
    }

    private static Task<ServedCabinets> CreateAsync() =>
        ServedCabinets.CreateAsync(1, Rows, seed: 4, ("LocalHost__Chaos", "true"), ("Runs__LeaseSeconds", "5"));

    private static Task PostFullAsync(ServedCabinets served) => served.Process.PostAsync($"/v1/rag/index/{served.Ids[0]}?full_rebuild=true");

    /// <summary>The last run came to its end, over an index that is right.</summary>
    private static async Task AssertIndexedAsync(ServedCabinets served)
    {
        var cabinet = served.Ids[0];
        await served.BecomesIdleAsync(cabinet);
        await served.AssertIndexedAsync(cabinet);
        Assert.Equal("completed", await served.ScalarAsync<string>(
            "SELECT outcome FROM rag_index_runs WHERE cabinet_id = $1 ORDER BY started_at DESC LIMIT 1", cabinet));
    }
}
