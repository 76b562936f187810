using System.Diagnostics;
using RagFunctions.Core.Store;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Dev.LocalHost;

/// <summary>Two hosts on one database, each with orchestrations of its own: leases alone keep them apart.</summary>
[Trait("Guarantee", "one-run")]
public sealed class TwoHostsTests
{
    private const string Seed = """
        INSERT INTO wb_cabinets (id, api_key, name) VALUES (1, 'a', 'first');
        INSERT INTO wb_products (cabinet_id, nm_id, name, brand, price) SELECT 1, 100000 + n, 'Кружка ' || n, 'Бренд', 100 + n FROM generate_series(1, 40) AS n;
        """;

    private const string Overlaps = """
        SELECT count(*) FROM rag_index_runs AS a JOIN rag_index_runs AS b
        ON a.run_id < b.run_id AND tstzrange(a.started_at, a.finished_at) && tstzrange(b.started_at, b.finished_at)
        WHERE a.outcome = 'completed' AND b.outcome = 'completed'
        """;

    [Fact]
    public async Task Two_hosts_on_one_database_never_index_a_cabinet_at_once()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var database = await TestDatabase.CreateAsync();
        await database.Source.ExecuteAsync(Seed);
        var watch = Stopwatch.StartNew();
        await using var one = await RunningApp.StartAsync(database, ("LocalHost:Chaos", "true"));
        var first = watch.Elapsed;
        watch.Restart();
        await using var two = await RunningApp.StartAsync(database, ("LocalHost:Chaos", "true"));
        TestContext.Current.TestOutputHelper?.WriteLine($"first host {first.TotalMilliseconds:f0} ms, second {watch.ElapsedMilliseconds} ms");

        for (var i = 0; i < 5; i++)
        {
            await Task.WhenAll(((RunningApp[])[one, two]).Select(async app =>
            {
                using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/rag/index/1?full_rebuild=true");
                request.Headers.Add("X-API-KEY", RunningApp.OperatorKey);
                using var answer = await app.Http.SendAsync(request, stop);
                Assert.Equal(System.Net.HttpStatusCode.Accepted, answer.StatusCode);
            }));
            await Condition.BecomesTrueAsync(
                async () => (await one.Durable.LiveAsync()).Length + (await two.Durable.LiveAsync()).Length == 0, "both have ended");
        }

        // What one host asked for while the other ran is the sweep's.
        await one.Durable.FireAsync("SweepTimer");
        await Condition.BecomesTrueAsync(
            async () => await database.Source.CreateCommand("SELECT requested_mode IS NULL AND lease_owner IS NULL FROM rag_index_status").ExecuteScalarAsync(stop) is true,
            "nothing is left to do");
        Assert.Equal(0L, await database.Source.CreateCommand(Overlaps).ExecuteScalarAsync(stop));
        Assert.True((await new IndexVerifier(database.Main, database.Rag).VerifyAsync(1, DateTimeOffset.UtcNow, examples: 3, stop)).IsClean);
    }
}
