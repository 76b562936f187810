using System.Diagnostics;
using RagFunctions.Core;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Store;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Store;

/// <summary>Prints how long the engine takes without embedding; asserts that the index is right, never a time.</summary>
public sealed class EngineTimings(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public async Task Fifteen_thousand_rows_first_touched_and_rebuilt()
    {
        for (var repetition = 1; repetition <= 3; repetition++)
        {
            var cabinet = await IndexedCabinet.CreateAsync(fixture);
            await cabinet.FillAsync(3_000);
            Print("first index", await TimedAsync(cabinet, RunMode.Full));
            await cabinet.EmbedAsync();
            await cabinet.ExecuteAsync("UPDATE wb_orders SET price = price + 1 WHERE cabinet_id = $1 AND nm_id % 2 = 0");
            var began = Stopwatch.GetTimestamp();
            foreach (var entity in EntityNames.All)
            {
                await cabinet.EnqueueAsync(entity, await cabinet.IdsAsync(entity));
            }

            TestContext.Current.TestOutputHelper?.WriteLine($"enqueue 15,000: {Stopwatch.GetElapsedTime(began).TotalMilliseconds:f0} ms");
            Print("touched, 10 % changed", await TimedAsync(cabinet, RunMode.Incremental));
            await cabinet.EmbedAsync();
            Print("rebuild, nothing changed", await TimedAsync(cabinet, RunMode.Full));
            began = Stopwatch.GetTimestamp();
            Assert.True((await cabinet.VerifyAsync()).IsClean);
            TestContext.Current.TestOutputHelper?.WriteLine($"verify: {Stopwatch.GetElapsedTime(began).TotalMilliseconds:f0} ms");
        }
    }

    private static void Print(string what, (double PlanMs, double ApplyMs, ApplyChangesResult Sum) timed) =>
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"{what}: plan {timed.PlanMs:f0} ms, apply {timed.ApplyMs:f0} ms (read {timed.Sum.ReadMs}, render {timed.Sum.RenderMs}, save {timed.Sum.SaveMs}, rows {timed.Sum.RowsRead})");

    private static async Task<(double PlanMs, double ApplyMs, ApplyChangesResult Sum)> TimedAsync(IndexedCabinet cabinet, RunMode mode)
    {
        var began = Stopwatch.GetTimestamp();
        var plan = mode == RunMode.Full
            ? await cabinet.Planner.PlanFullAsync(cabinet.Id, cabinet.AsOf, false, Stop)
            : await cabinet.Planner.PlanDeltaAsync(cabinet.Id, false, Stop);
        var planned = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        began = Stopwatch.GetTimestamp();
        var totals = new RoundTotals();
        var sum = new ApplyChangesResult();
        await Parallel.ForEachAsync(
            plan.Ranges,
            new ParallelOptions { MaxDegreeOfParallelism = 4, CancellationToken = Stop },
            async (range, token) =>
            {
                var result = await cabinet.Applier.ApplyAsync(cabinet.Input(range, mode), token);
                lock (plan)
                {
                    totals = totals.Plus(result);
                }
            });
        sum = sum with { RowsRead = totals.RowsRead, ReadMs = totals.ReadMs, RenderMs = totals.RenderMs, SaveMs = totals.SaveMs };
        return (planned, Stopwatch.GetElapsedTime(began).TotalMilliseconds, sum);
    }
}
