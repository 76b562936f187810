namespace RagFunctions.Tests.LocalHost;

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
    public async Task A_run_killed_while_the_provider_works_is_taken_up_by_the_sweep()
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
