using RagFunctions.Core;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Store;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Store;

public sealed class MassDeleteGuardTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private const string DeleteOrders = "DELETE FROM wb_orders WHERE cabinet_id = $1 AND nm_id <= $2";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [Trait("Guarantee", "no-mass-deletion")]
    [InlineData(99, 0, false)]
    [InlineData(100, 49, true)]
    [InlineData(100, 50, false)]
    [InlineData(101, 50, true)]
    [InlineData(long.MaxValue / 2, 0, true)]
    public void A_hundred_rows_of_which_fewer_than_half_would_stay_are_kept(long indexed, long staying, bool blocks) =>
        Assert.Equal(blocks, MassDeleteGuard.Blocks(indexed, staying));

    [Fact]
    public async Task A_full_run_spares_an_entity_whose_source_lost_most_rows()
    {
        var cabinet = await IndexedAsync(120);
        await cabinet.ExecuteAsync(DeleteOrders, 70);
        await cabinet.ExecuteAsync("DELETE FROM wb_sales WHERE cabinet_id = $1 AND nm_id <= 50");
        await cabinet.ExecuteAsync("UPDATE wb_orders SET status = 'canceled' WHERE cabinet_id = $1 AND nm_id = 100");

        var plan = await cabinet.Planner.PlanFullAsync(cabinet.Id, cabinet.AsOf, false, Stop);
        var result = await cabinet.ApplyAsync(plan, RunMode.Full);

        Assert.Equal([Entity.Orders], Held(plan));
        Assert.Equal(new BlockedEntity(Entity.Orders, 120, 50), result.Blocked);
        Assert.Equal((50, 1), (result.Deleted, result.Updated));
        Assert.Equal((120, 70), (await cabinet.ChunksAsync(Entity.Orders), await cabinet.ChunksAsync(Entity.Sales)));
        Assert.Equal(70, (await cabinet.RebuildAsync(allowMassDelete: true)).Deleted);
    }

    [Fact]
    [Trait("Guarantee", "no-mass-deletion")]
    public async Task A_full_run_judges_again_when_the_source_empties_after_planning()
    {
        var cabinet = await IndexedAsync(120);
        var plan = await cabinet.Planner.PlanFullAsync(cabinet.Id, cabinet.AsOf, false, Stop);
        Assert.Empty(Held(plan));
        await cabinet.ExecuteAsync(DeleteOrders, 1_000);

        var result = await cabinet.ApplyAsync(plan, RunMode.Full);

        Assert.Equal(new BlockedEntity(Entity.Orders, 120, 0), result.Blocked);
        Assert.Equal(0, result.Deleted);
        Assert.Equal(120, await cabinet.ChunksAsync(Entity.Orders));
    }

    [Fact]
    public async Task A_full_run_deletes_much_as_long_as_it_is_allowed()
    {
        var cabinet = await IndexedAsync(120);
        await cabinet.ExecuteAsync(DeleteOrders, 60);
        Assert.Equal(60, (await cabinet.RebuildAsync()).Deleted);
    }

    [Fact]
    [Trait("Guarantee", "no-mass-deletion")]
    public async Task A_queue_run_keeps_rows_absent_in_mass_and_their_changes()
    {
        var cabinet = await IndexedAsync(120);
        var orders = await cabinet.IdsAsync(Entity.Orders);
        await cabinet.ExecuteAsync(DeleteOrders, 70);
        await cabinet.EnqueueAsync(Entity.Orders, orders);
        await cabinet.EnqueueAsync(Entity.Sales, await cabinet.IdsAsync(Entity.Sales));
        await cabinet.ExecuteAsync("DELETE FROM wb_sales WHERE cabinet_id = $1 AND nm_id <= 10");

        var plan = await cabinet.Planner.PlanDeltaAsync(cabinet.Id, false, Stop);
        var result = await cabinet.ApplyAsync(plan, RunMode.Incremental);

        Assert.Equal([Entity.Orders], Held(plan));
        Assert.Equal(new BlockedEntity(Entity.Orders, 120, 50), result.Blocked);
        Assert.Equal((10, 120), (result.Deleted, await cabinet.ChunksAsync(Entity.Orders)));
        var depth = Assert.Single(await cabinet.Queue.CountAsync(cabinet.Id, Stop));
        Assert.Equal((70, 0, 70), (depth.Rows, depth.Due, depth.Blocked));

        Assert.Equal(70, (await cabinet.CatchUpWithQueueAsync(allowMassDelete: true)).Deleted);
        Assert.Equal(0, await cabinet.QueuedAsync());
    }

    [Fact]
    [Trait("Guarantee", "no-mass-deletion")]
    public async Task A_queue_run_judges_again_when_rows_vanish_after_the_plan()
    {
        var cabinet = await IndexedAsync(120);
        await cabinet.EnqueueAsync(Entity.Orders, await cabinet.IdsAsync(Entity.Orders));
        var plan = await cabinet.Planner.PlanDeltaAsync(cabinet.Id, false, Stop);
        Assert.Empty(Held(plan));
        await cabinet.ExecuteAsync(DeleteOrders, 1_000);

        var result = await cabinet.ApplyAsync(plan, RunMode.Incremental);

        Assert.Equal(new BlockedEntity(Entity.Orders, 120, 0), result.Blocked);
        Assert.Equal((0, 120, 120), (result.Deleted, await cabinet.ChunksAsync(Entity.Orders), await cabinet.QueuedAsync()));
    }

    [Fact]
    public async Task In_a_queue_run_present_but_ineligible_rows_do_not_count()
    {
        var cabinet = await IndexedAsync(120);
        await cabinet.ExecuteAsync("UPDATE wb_stocks SET quantity = NULL WHERE cabinet_id = $1");
        await cabinet.EnqueueAsync(Entity.Stocks, await cabinet.IdsAsync(Entity.Stocks));
        Assert.Equal(120, (await cabinet.CatchUpWithQueueAsync()).Deleted);
    }

    [Fact]
    public async Task Chunks_that_expired_do_not_count_and_go_before()
    {
        var cabinet = await IndexedAsync(120);
        cabinet.AsOf = DateTimeOffset.UtcNow.AddDays(89).AddMinutes(30);
        await cabinet.ExecuteAsync("UPDATE wb_orders SET order_date = now() WHERE cabinet_id = $1 AND nm_id <= 20");
        await cabinet.EnqueueAsync(Entity.Orders, await cabinet.IdsAsync(Entity.Orders));
        cabinet.AsOf = DateTimeOffset.UtcNow;
        await cabinet.CatchUpWithQueueAsync();
        cabinet.AsOf = DateTimeOffset.UtcNow.AddDays(89).AddMinutes(30);

        var plan = await cabinet.Planner.PlanFullAsync(cabinet.Id, cabinet.AsOf, false, Stop);
        Assert.Empty(Held(plan));
        await using var index = await fixture.Source.OpenConnectionAsync(Stop);
        Assert.Equal(100 + 240, await ExpiredChunks.DeleteAsync(index, cabinet.Id, cabinet.AsOf, [], Stop));
        Assert.Equal(20, await cabinet.ChunksAsync(Entity.Orders));
        Assert.Equal(0, await ExpiredChunks.DeleteAsync(index, cabinet.Id, cabinet.AsOf, [], Stop));
        Assert.Equal(260, await cabinet.ScalarAsync<long>("SELECT count(*) FROM rag_embeddings WHERE cabinet_id = $1"));
    }

    private async Task<IndexedCabinet> IndexedAsync(int rows)
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(rows);
        await cabinet.IndexAllAsync();
        return cabinet;
    }

    /// <summary>The entities of which the plan lets nothing be deleted.</summary>
    private static IEnumerable<Entity> Held(RangePlan plan) =>
        plan.Ranges.Where(range => !range.DeletesAllowed).Select(range => range.Entity).Distinct();
}
