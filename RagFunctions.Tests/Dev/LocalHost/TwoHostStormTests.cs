using RagFunctions.Tests.Infra;

namespace RagFunctions.Tests.Dev.LocalHost;

/// <summary>
/// A long test for <c>--long</c>: a thousand cabinets change without a pause while two hosts that share a task hub in Azure Storage are
/// killed at any moment, the one or the other. Now and then one comes back with a wrong clock. Prints its seed and its moments.
/// </summary>
public sealed class TwoHostStormTests
{
    private const int Cabinets = 1_000;
    private const int Rows = 15;
    private const int Kills = 16;

    // Beyond what a host needs to take up work again that the killed one had taken from a queue: a minute and a half.
    private const int LongestPauseSeconds = 20;

    // A cabinet in five gets news, some of it twice.
    private const string Disturb = """
        WITH changed AS (
            UPDATE wb_reviews SET text = text || ' Ещё раз.' WHERE cabinet_id % 5 = $1 % 5 RETURNING cabinet_id, 'wb_reviews' AS source_table, id
        ), gone AS (
            DELETE FROM wb_sales WHERE id % 61 = $1 RETURNING cabinet_id, 'wb_sales' AS source_table, id
        )
        INSERT INTO rag_changes (cabinet_id, source_table, source_id)
        SELECT cabinet_id, source_table, id FROM changed UNION ALL SELECT cabinet_id, source_table, id FROM gone
        ON CONFLICT (cabinet_id, source_table, source_id) DO UPDATE SET version = nextval('rag_changes_version_seq'), attempts = 0, next_attempt_at = NULL
        """;

    private const string Running = "SELECT count(*) FROM rag_index_status WHERE lease_owner IS NOT NULL";

    // Both runs have written: a run that was overtaken ends before the other begins, or as one that was superseded.
    private const string AtOnce = """
        SELECT count(*) FROM rag_index_runs AS a JOIN rag_index_runs AS b
        ON a.cabinet_id = b.cabinet_id AND a.run_id < b.run_id AND tstzrange(a.started_at, a.finished_at) && tstzrange(b.started_at, b.finished_at)
        WHERE a.outcome = 'completed' AND b.outcome = 'completed'
        """;

    [Fact(Explicit = true)]
    public async Task A_thousand_cabinets_on_two_hosts_survive_kills_and_wrong_clocks()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable("RAG_TEST_SEED"), out var given) ? given : 21;
        var random = new Random(seed);
        (string, string)[] wrongClock = [("LD_PRELOAD", await EngScript.PathAsync("faketime.sh", "a wrong clock")), ("FAKETIME", "+1d"), ("DONT_FAKE_MONOTONIC", "1")];
        await using var hub = await StorageHub.CreateAsync();
        await using var served = await ServedCabinets.CreateAsync(Cabinets, Rows, seed, [.. hub.Settings, ("Runs__LeaseSeconds", "5")]);
        var hosts = new ServeProcess?[2];
        try
        {
            foreach (var host in new[] { 0, 1 })
            {
                hosts[host] = await StartAsync(served, hub);
            }

            var (hits, complaints) = (0, 0);
            for (var kill = 0; kill < Kills; kill++)
            {
                await served.ExecuteAsync(Disturb, kill);
                await hosts[kill % 2]!.SweepAsync();
                var pause = TimeSpan.FromSeconds(LongestPauseSeconds * random.NextDouble());
                await Task.Delay(pause, TestContext.Current.CancellationToken);
                var running = await served.ScalarAsync<long>(Running);
                var victim = random.Next(2);
                await hosts[victim]!.KillAsync();
                complaints += IsWrong(hosts[victim]!) ? 1 : 0;
                await hosts[victim]!.DisposeAsync();
                var isWrong = kill % 4 == 2;
                hosts[victim] = await StartAsync(served, hub, isWrong ? wrongClock : []);
                hits += running > 0 ? 1 : 0;
                Say($"kill {kill + 1} of host {victim} after {pause.TotalSeconds:f1} s, {running} cabinets under way{(isWrong ? "; it comes back a day ahead" : "")}");
            }

            foreach (var host in new[] { 0, 1 })
            {
                complaints += IsWrong(hosts[host]!) ? 1 : 0;
                await hosts[host]!.DisposeAsync();
                hosts[host] = await StartAsync(served, hub);
            }

            await served.BecomesIdleAsync(hosts[0]!, served.Ids);
            foreach (var cabinet in served.Ids)
            {
                await served.AssertIndexedAsync(cabinet);
            }

            Assert.Equal(0, await served.ScalarAsync<long>(AtOnce));
            Say($"seed {seed}: {hits} of {Kills} kills met running cabinets, {complaints} hosts complained of their clock; {Cabinets} cabinets verified");
            Assert.True(hits >= Kills / 2, "most kills came when nothing ran: they prove nothing");
            Assert.True(complaints > 0, "no host with a wrong clock was given work: it proves nothing");
        }
        finally
        {
            foreach (var host in hosts.OfType<ServeProcess>())
            {
                await host.DisposeAsync();
            }
        }
    }

    private static bool IsWrong(ServeProcess host) => host.Said.Contains("ahead of the main database's", StringComparison.Ordinal);

    private static Task<ServeProcess> StartAsync(ServedCabinets served, StorageHub hub, params (string, string)[] more) =>
        ServeProcess.StartAsync(served.Database.ConnectionString, served.Provider.BaseUrl, [.. hub.Settings, ("Runs__LeaseSeconds", "5"), .. more]);

    private static void Say(string line) => TestContext.Current.TestOutputHelper?.WriteLine(line);
}
