using System.Diagnostics;
using RagFunctions.Core;
using RagFunctions.Core.Store;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Store;

public sealed class RoundTripTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [Trait("Guarantee", "bounded")]
    [Trait("Defect", "24")]
    [InlineData(RunMode.Incremental)]
    [InlineData(RunMode.Full)]
    public async Task A_transactions_round_trips_do_not_grow_with_the_rows(RunMode mode)
    {
        // Opening a connection is an activity of its own: these two are pooled from here on.
        await using (await fixture.Source.OpenConnectionAsync(Stop))
        await using (await fixture.Source.OpenConnectionAsync(Stop))
        {
        }

        List<(Trips New, Trips Changed, Trips Unchanged)> counts = [];
        foreach (var rows in (int[])[10, 500, 5_000])
        {
            var cabinet = await IndexedCabinet.CreateAsync(fixture);
            await cabinet.ExecuteAsync("INSERT INTO wb_products (cabinet_id, nm_id, name) SELECT $1, n, 'Product ' || n FROM generate_series(1, $2) AS n", rows);
            await cabinet.ExecuteAsync("INSERT INTO wb_stocks (cabinet_id, nm_id, quantity) SELECT $1, n, 5 FROM generate_series(1, $2) AS n", rows);
            cabinet.Applier = new ChangeApplier(fixture.Main, fixture.Rag, Microsoft.Extensions.Logging.Abstractions.NullLogger<ChangeApplier>.Instance) { PageRows = 10_000 };
            var first = await CountAsync(cabinet, mode, rows);
            await cabinet.ExecuteAsync("DELETE FROM wb_products WHERE cabinet_id = $1 AND nm_id % 10 = 0");
            await cabinet.ExecuteAsync("UPDATE wb_products SET name = name || '!' WHERE cabinet_id = $1 AND nm_id % 10 = 1");
            var changed = await CountAsync(cabinet, mode, rows);
            counts.Add((first, changed, await CountAsync(cabinet, mode, rows)));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{mode}: {string.Join(", ", counts)}");
        Assert.Single(counts.Select(count => count.New).Distinct());
        Assert.Single(counts.Select(count => count.Changed).Distinct());
        Assert.Single(counts.Select(count => count.Unchanged).Distinct());
    }

    /// <summary>Npgsql makes one activity for each execution of a command or a batch, with the texts of its statements joined by semicolons.</summary>
    private async Task<Trips> CountAsync(IndexedCabinet cabinet, RunMode mode, int rows)
    {
        var ids = await cabinet.IdsAsync(Entity.Products);
        await cabinet.EnqueueAsync(Entity.Products, ids);
        using var parent = new Activity("counted").Start();
        var roundTrips = 0;
        var statements = 0;
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (activity.TraceId == parent.TraceId && activity.GetTagItem("db.query.text") is string sql)
                {
                    Interlocked.Increment(ref roundTrips);
                    Interlocked.Add(ref statements, sql.Count(c => c == ';') + 1);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        // A page holds all rows, so that there is one transaction whatever their number; deletes are foreseen, nothing is judged again.
        await cabinet.Applier.ApplyAsync(cabinet.Input(new ChangeRange(Entity.Products, null, null, true, rows), mode), Stop);
        return new Trips(roundTrips, statements);
    }

    private readonly record struct Trips(int RoundTrips, int Statements);
}
