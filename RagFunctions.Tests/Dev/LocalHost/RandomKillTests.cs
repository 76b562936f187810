namespace RagFunctions.Tests.Dev.LocalHost;

/// <summary>A long test for <c>--long</c>: prints its seed and its moments.</summary>
public sealed class RandomKillTests
{
    private const int Rows = 15_000;
    private const int Kills = 20;

    // A row in seven gets another text, a few rows go: a rebuild that finds nothing to do proves little.
    private const string Disturb = """
        UPDATE wb_orders SET price = price + 1 WHERE cabinet_id = $1 AND id % 7 = $2 % 7;
        UPDATE wb_reviews SET text = text || ' Ещё раз.' WHERE cabinet_id = $1 AND id % 7 = $2 % 7;
        DELETE FROM wb_sales WHERE cabinet_id = $1 AND id % 211 = $2
        """;

    private const string UnderWay = "SELECT CASE WHEN lease_owner IS NULL THEN 'over' ELSE 'running' END FROM rag_index_status WHERE cabinet_id = $1";

    private const string LastRun =
        "SELECT extract(epoch FROM finished_at - started_at)::float8 FROM rag_index_runs WHERE cabinet_id = $1 ORDER BY started_at DESC LIMIT 1";

    [Fact(Explicit = true)]
    public async Task A_rebuild_killed_at_any_moment_is_taken_up_and_ends_right()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("RAG_TEST_SEED"), out var given) ? given : 20;
        var random = new Random(seed);
        await using var served = await ServedCabinets.CreateAsync(1, Rows, seed, ("LocalHost__Chaos", "true"), ("Runs__LeaseSeconds", "5"));
        var cabinet = served.Ids[0];
        await served.StartAsync();
        Say($"seed {seed}; first index {await RebuildAsync(served)}");
        await DisturbAsync(served, Kills);
        var whole = await RebuildAsync(served);
        Say($"a rebuild without a kill {whole}");

        var hits = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            await DisturbAsync(served, kill);
            await PostFullAsync(served);

            // One in each twentieth of what the run itself takes, so that no part of it is left out.
            var moment = whole * ((kill + random.NextDouble()) / Kills);
            await Task.Delay(moment, TestContext.Current.CancellationToken);
            await served.KillAsync();
            var at = await served.ScalarAsync<string>(UnderWay, cabinet);
            hits += at == "running" ? 1 : 0;
            await served.StartAsync();
            await served.BecomesIdleAsync(cabinet);
            await served.AssertIndexedAsync(cabinet);
            Say($"kill {kill + 1} after {moment.TotalMilliseconds:f0} ms ({at}): completed, verify clean");
        }

        Say($"{hits} of {Kills} kills met a running run");
        Assert.True(hits >= Kills / 2, "most kills came when the run was over: they prove nothing");
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);

    private static Task PostFullAsync(ServedCabinets served) => served.Process.PostAsync($"/v1/rag/index/{served.Ids[0]}?full_rebuild=true");

    private static async Task DisturbAsync(ServedCabinets served, int which)
    {
        foreach (var statement in Disturb.Split(';'))
        {
            await served.ExecuteAsync(statement, served.Ids[0], which);
        }
    }

    /// <summary>How long the run itself takes: neither its start nor the look at what came of it.</summary>
    private static async Task<TimeSpan> RebuildAsync(ServedCabinets served)
    {
        await PostFullAsync(served);
        await served.BecomesIdleAsync(served.Ids);
        await served.AssertIndexedAsync(served.Ids[0]);
        return TimeSpan.FromSeconds(await served.ScalarAsync<double>(LastRun, served.Ids[0]));
    }
}
