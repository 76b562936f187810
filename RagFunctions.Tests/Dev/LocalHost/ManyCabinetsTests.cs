using System.Diagnostics;
using Npgsql;
using RagFunctions.Dev.Fakes.Embeddings;

namespace RagFunctions.Tests.Dev.LocalHost;

/// <summary>Many cabinets through the real process: what is wrong with one delays no other, what is wrong with the provider loses nothing.</summary>
public sealed class ManyCabinetsTests
{
    // maxConcurrentActivityFunctions of host.json, each twice under chaos.
    private const int MostAtOnce = 2 * 16;

    // 110 of 330 rows are orders: enough for the guard against mass deletion, which begins at 100.
    [Fact]
    [Trait("Guarantee", "all-cabinets")]
    public Task Four_cabinets_keep_out_of_each_others_way() => RunAsync(cabinets: 4, rows: 330, chaos: true);

    [Fact(Explicit = true)]
    public Task Fifty_cabinets_keep_out_of_each_others_way() => RunAsync(cabinets: 50, rows: 1_500, chaos: false);

    private static async Task RunAsync(int cabinets, int rows, bool chaos)
    {
        await using var served = await ServedCabinets.CreateAsync(
            cabinets, rows, seed: 50, ("LocalHost__Chaos", $"{chaos}"), ("Embeddings__RetryDelayMilliseconds", "1"));
        await served.StartAsync();

        var began = Stopwatch.GetTimestamp();
        await served.Process.SweepAsync();
        await served.BecomesIdleAsync(served.Ids);
        Say($"{cabinets} cabinets of {rows} rows first indexed in {Stopwatch.GetElapsedTime(began)}, {served.Provider.Requests.Count} requests, "
            + $"{served.Provider.MaxConcurrency} at once, peak memory {await served.Process.PeakMemoryAsync():f0} MiB");
        await AssertAllIndexedAsync(served);

        await OneIsStuckAsync(served);
        await ProviderIsOutAsync(served);
        Say($"peak memory at the end {await served.Process.PeakMemoryAsync():f0} MiB");
    }

    /// <summary>
    /// One cabinet with a row that cannot be read, one blocked by the guard, one whose chunks somebody has locked. The source rows
    /// of two are locked, too.
    /// </summary>
    private static async Task OneIsStuckAsync(ServedCabinets served)
    {
        var (poisoned, blocked, locked) = (served.Ids[0], served.Ids[1], served.Ids[2]);
        var others = served.Ids.Skip(3).ToArray();
        await served.ExecuteAsync("ALTER TABLE wb_orders ALTER COLUMN price TYPE numeric");
        await served.ExecuteAsync("UPDATE wb_products SET price = price + 1");
        await served.ExecuteAsync("UPDATE wb_orders SET price = 1e40 WHERE id = (SELECT min(id) FROM wb_orders WHERE cabinet_id = $1)", poisoned);
        await served.ExecuteAsync("DELETE FROM wb_orders WHERE cabinet_id = $1 AND id % 10 > 0", blocked);
        await served.ExecuteAsync("UPDATE rag_index_status SET requested_mode = 'full_rebuild', request_version = request_version + 1");

        var began = Stopwatch.GetTimestamp();
        await using (var holder = await served.Database.Source.OpenConnectionAsync(TestContext.Current.CancellationToken))
        {
            await using var hold = new NpgsqlCommand(
                $"BEGIN; SELECT FROM rag_metadata WHERE cabinet_id = {locked} FOR UPDATE; SELECT FROM wb_orders WHERE cabinet_id IN ({locked}, {others[0]}) FOR UPDATE",
                holder);
            await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            await served.Process.SweepAsync();
            await served.BecomesTrueAsync(
                "SELECT count(*) = cardinality($1::bigint[]) FROM rag_index_status WHERE cabinet_id = ANY ($1) AND requested_mode IS NULL AND lease_owner IS NULL",
                "all but the locked one have run", (long[])[poisoned, blocked, .. others]);
            Say($"beside a stuck, a blocked and a poisoned cabinet {others.Length + 2} rebuilds took {Stopwatch.GetElapsedTime(began)}");
            Assert.Equal("completed_with_errors", await OutcomeAsync(served, poisoned));
            Assert.Equal("blocked", await OutcomeAsync(served, blocked));
            Assert.NotNull(await served.ScalarAsync<string>("SELECT coalesce(lease_owner, requested_mode) FROM rag_index_status WHERE cabinet_id = $1", locked));
            foreach (var other in others)
            {
                Assert.Equal("completed", await OutcomeAsync(served, other));
                await served.AssertIndexedAsync(other);
            }
        }

        await served.BecomesIdleAsync(locked);
        await served.AssertIndexedAsync(locked);

        // Put right by people: the row is mended, the deletion allowed.
        await served.ExecuteAsync("UPDATE wb_orders SET price = 5 WHERE price > 1e30");
        await served.ExecuteAsync("UPDATE rag_changes SET next_attempt_at = now()");
        await served.Process.PostAsync($"/v1/rag/index/{blocked}?full_rebuild=true&allow_mass_delete=true");
        await served.BecomesIdleAsync(poisoned, blocked);
        await AssertAllIndexedAsync(served);
    }

    private static async Task ProviderIsOutAsync(ServedCabinets served)
    {
        served.Provider.Behaviour = _ => FakeAnswer.TooManyRequests(retryAfterSeconds: 900);
        served.Provider.ForgetRequests();
        await served.ExecuteAsync("UPDATE wb_reviews SET text = text || ' Дополнение.'");
        await served.ExecuteAsync("UPDATE rag_index_status SET requested_mode = 'full_rebuild', request_version = request_version + 1");
        await served.Process.SweepAsync();
        await served.BecomesTrueAsync(
            "SELECT bool_and(lease_owner IS NULL AND embedding_not_before > now() + interval '10 minutes' AND last_outcome = 'waiting') FROM rag_index_status",
            "all cabinets wait for the provider");
        var refused = served.Provider.Requests.Count;
        await served.Process.SweepAsync();
        Say($"{refused} requests told {served.Ids.Count} cabinets of the outage");

        // The requests of one moment: whoever comes later finds the pause and sends nothing.
        Assert.InRange(refused, 1, MostAtOnce);

        served.Provider.Behaviour = null;
        await served.ExecuteAsync("UPDATE rag_provider SET not_before = now()");
        await served.ExecuteAsync("UPDATE rag_index_status SET embedding_not_before = now()");
        await served.Process.SweepAsync();
        await served.BecomesIdleAsync(served.Ids);
        await AssertAllIndexedAsync(served);
    }

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);

    private static Task<string> OutcomeAsync(ServedCabinets served, long cabinet) =>
        served.ScalarAsync<string>("SELECT last_outcome FROM rag_index_status WHERE cabinet_id = $1", cabinet);

    private static async Task AssertAllIndexedAsync(ServedCabinets served)
    {
        foreach (var cabinet in served.Ids)
        {
            await served.AssertIndexedAsync(cabinet);
        }
    }
}
