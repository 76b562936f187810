using RagFunctions.Core;
using RagFunctions.Core.Store;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Store;

public sealed class RangePlannerTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_full_plan_has_every_entity_once_with_products_first()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(4);
        await cabinet.RebuildAsync();
        await cabinet.FillAsync(4, from: 5);
        await cabinet.ExecuteAsync("DELETE FROM wb_sales WHERE cabinet_id = $1 AND nm_id <= 2");

        var plan = await cabinet.Planner.PlanFullAsync(cabinet.Id, cabinet.AsOf, false, Stop);

        Assert.Equal(EntityNames.All, plan.Ranges.Select(range => range.Entity));
        Assert.All(plan.Ranges, range => Assert.True(range is { From: null, To: null, DeletesAllowed: true }));
        Assert.Equal([0, 0, 0, 0, 2], plan.Ranges.Select(range => range.ForeseenDeletes));
        Assert.Equal(40, plan.Rows);
    }

    [Fact]
    [Trait("Defect", "25")]
    public async Task A_queue_of_any_size_is_cut_into_few_ranges()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        Assert.Empty((await cabinet.Planner.PlanDeltaAsync(cabinet.Id, false, Stop)).Ranges);
        await cabinet.EnqueueAsync(Entity.Orders, [.. Enumerable.Range(1, 90_000).Select(id => (long)id)]);
        await cabinet.EnqueueAsync(Entity.Products, 5, long.MaxValue);

        var plan = await cabinet.Planner.PlanDeltaAsync(cabinet.Id, false, Stop);

        Assert.Equal((90_002, 41), (plan.Rows, plan.Ranges.Count));
        Assert.Equal(new ChangeRange(Entity.Products, null, null), plan.Ranges[0]);
        Assert.Equal((null, 2_251), (plan.Ranges[1].From, plan.Ranges[1].To));
        Assert.Equal((87_751, null), (plan.Ranges[^1].From, plan.Ranges[^1].To));
        Assert.All(plan.Ranges.Skip(1).Zip(plan.Ranges.Skip(2)), pair => Assert.Equal(pair.First.To, pair.Second.From));
    }

    [Fact]
    public async Task Rows_that_wait_for_another_try_are_not_planned()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.EnqueueAsync(Entity.Orders, 1, 2);
        await cabinet.ExecuteAsync("UPDATE rag_changes SET next_attempt_at = now() + interval '1 hour', last_error = 'blocked: x' WHERE cabinet_id = $1 AND source_id = 1");
        await cabinet.ExecuteAsync("UPDATE rag_changes SET next_attempt_at = now() + interval '1 hour', last_error = 'x' WHERE cabinet_id = $1 AND source_id = 2");
        Assert.Equal(0, (await cabinet.Planner.PlanDeltaAsync(cabinet.Id, false, Stop)).Rows);
        Assert.Equal(1, (await cabinet.Planner.PlanDeltaAsync(cabinet.Id, true, Stop)).Rows);
    }

    [Fact]
    [Trait("Guarantee", "gone-rows")]
    [Trait("Defect", "58")]
    public async Task A_purged_cabinet_leaves_nothing_and_its_neighbour_everything()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        var neighbour = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(2);
        await neighbour.FillAsync(2);
        await cabinet.IndexAllAsync();
        await neighbour.IndexAllAsync();
        const string run = "INSERT INTO rag_index_runs (run_id, cabinet_id, mode, owner, as_of) VALUES (gen_random_uuid(), $1, 'full_rebuild', 'test', now())";
        await cabinet.ExecuteAsync(run);
        await neighbour.ExecuteAsync(run);

        Assert.Equal(10, await new CabinetPurge(fixture.Rag).PurgeAsync(cabinet.Id, null, Stop));

        const string left = """
            SELECT (SELECT count(*) FROM rag_metadata WHERE cabinet_id = $1) + (SELECT count(*) FROM rag_embeddings WHERE cabinet_id = $1)
                 + (SELECT count(*) FROM rag_index_status WHERE cabinet_id = $1) + (SELECT count(*) FROM rag_index_runs WHERE cabinet_id = $1)
            """;
        Assert.Equal(0, await cabinet.ScalarAsync<long>(left));
        Assert.Equal(22, await neighbour.ScalarAsync<long>(left));
    }
}
