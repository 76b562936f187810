namespace RagFunctions.Tests.LocalHost;

/// <summary>The real process under chaos, <c>kill -9</c>, and the next process on the same database.</summary>
public sealed class KilledProcessTests
{
    private const int Rows = 300;

    private static readonly string[] Activities = ["BeginRound", "ApplyChanges", "PlanEmbedding", "EmbedBatch", "FinishRound"];

    public static TheoryData<string> Kinds => [.. Activities];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_process_killed_in_the_midst_of_an_activity_is_continued_by_the_next(string activity)
    {
        await using var served = await CreateAsync();
        await served.StartAsync();
        if (activity == "EmbedBatch")
        {
            await KillWhileTheProviderWorksAsync(served);
        }
        else
        {
            // Scheduled, and then stuck in its first statement on the chunks: each of these activities has one.
            await using var gate = await HistoryGate.CloseAsync(served.Database.Source, "ActivityScheduled", activity);
            await PostFullAsync(served);
            await gate.SomebodyWaitsAsync();
            await gate.LockTableAsync("rag_metadata");
            await gate.OpenAsync();
            await gate.SomebodyWaitsAsync();
            await served.KillAsync();
        }

        await served.StartAsync();
        await AssertOneCompletedRunAsync(served);
    }

    [Fact]
    public async Task An_activity_whose_completion_was_lost_runs_again_whichever_it_is()
    {
        await using var served = await CreateAsync();
        await served.StartAsync();
        var gate = await CloseBeforeCompletionAsync(served, Activities[0]);
        await PostFullAsync(served);
        foreach (var next in Activities[1..].Append(null))
        {
            await gate.SomebodyWaitsAsync();
            await served.KillAsync();
            await gate.EndWaitingSessionsAsync();
            await gate.DisposeAsync();
            gate = next is null ? gate : await CloseBeforeCompletionAsync(served, next);
            await served.StartAsync();
        }

        await AssertOneCompletedRunAsync(served);
    }

    [Fact]
    public async Task What_the_killed_process_still_commits_is_waited_for_before_history_is_read()
    {
        await using var served = await CreateAsync();
        await served.StartAsync();
        Task started;
        await using (var gate = await CloseBeforeCompletionAsync(served, "ApplyChanges"))
        {
            await PostFullAsync(served);
            await gate.SomebodyWaitsAsync();
            await served.KillAsync();
            started = served.StartAsync();
            await Condition.BecomesTrueAsync(
                async () => started.IsCompleted || await served.ScalarAsync<bool>(
                    "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'local_host.history'::regclass)"),
                "the new process waits, or does not");
            Assert.False(started.IsCompleted, "the new process has read a history to which the killed one still adds");
        }

        await started;
        await AssertOneCompletedRunAsync(served);
    }

    private static Task<ServedCabinets> CreateAsync() => ServedCabinets.CreateAsync(1, Rows, seed: 4, ("LocalHost__Chaos", "true"));

    private static Task<HistoryGate> CloseBeforeCompletionAsync(ServedCabinets served, string activity) =>
        HistoryGate.CloseAsync(served.Database.Source, "ActivityCompleted", activity);

    private static Task PostFullAsync(ServedCabinets served) => served.Process.PostAsync($"/v1/rag/index/{served.Ids[0]}?full_rebuild=true");

    private static async Task KillWhileTheProviderWorksAsync(ServedCabinets served)
    {
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
    }

    /// <summary>One run, come to its end, with each completion in history once, over an index that is right.</summary>
    private static async Task AssertOneCompletedRunAsync(ServedCabinets served)
    {
        var cabinet = served.Ids[0];
        await served.BecomesIdleAsync(cabinet);
        await served.AssertIndexedAsync(cabinet);
        Assert.Equal("completed", await served.ScalarAsync<string>("SELECT string_agg(outcome, ',') FROM rag_index_runs WHERE cabinet_id = $1", cabinet));
        Assert.Equal(0, await served.ScalarAsync<long>(
            "SELECT count(*) FILTER (WHERE kind = 'ActivityScheduled') - count(DISTINCT task_id) FILTER (WHERE kind = 'ActivityCompleted') FROM local_host.history"));
        Assert.Equal(0, await served.ScalarAsync<long>(
            "SELECT count(*) - count(DISTINCT task_id) FROM local_host.history WHERE kind = 'ActivityCompleted'"));
    }
}
