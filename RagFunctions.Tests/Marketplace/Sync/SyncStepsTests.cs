using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Core.Runs;
using RagFunctions.Tests.Postgres;
using RagFunctions.Tests.Runs;
using static RagFunctions.Tests.Marketplace.Sync.SyncWorld;

namespace RagFunctions.Tests.Marketplace.Sync;

/// <summary>What the activities of a sync call: each may be delivered twice.</summary>
public sealed class SyncStepsTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>
{
    private readonly StubStarter _starter = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_repeated_delivery_reads_nothing_and_tells_what_was_queued()
    {
        await using var world = await StartAsync(database);
        world.Stub.Answer(Orders, $"[{Order("a")},{Order("b")}]");
        var input = new SyncStepInput(world.Cabinet, SyncEntity.Orders);
        var lost = await Steps(world).SyncAsync(input, Ct);
        var repeated = await Steps(world).SyncAsync(input, Ct);
        Assert.Equal((EntitySyncStatus.Ok, 2), (lost.Result.Status, lost.Changes));
        Assert.Equal((EntitySyncStatus.NotDue, 2), (repeated.Result.Status, repeated.Changes));
        Assert.Equal(1, world.Stub.Count(Orders));
    }

    [Fact]
    public async Task A_sync_without_changes_is_no_reason_for_a_run()
    {
        await using var world = await StartAsync(database);
        world.Stub.Answer(Orders, "[]");
        await world.ExecuteAsync("INSERT INTO rag_changes (cabinet_id, source_table, source_id) VALUES ($1, 'wb_sales', 1)");
        Assert.Equal(0, (await Steps(world).SyncAsync(new SyncStepInput(world.Cabinet, SyncEntity.Orders), Ct)).Changes);
    }

    [Fact]
    public async Task A_limit_tells_how_long_to_wait_and_at_least_five_seconds()
    {
        await using var world = await StartAsync(database);
        world.Stub.Answer(Orders, "{}", 429, ("X-Ratelimit-Retry", "1"));
        world.Stub.Answer(Sales, "{}", 429, ("X-Ratelimit-Retry", "90"));
        Assert.Equal(SyncSteps.ShortestWait, (await Steps(world).SyncAsync(new SyncStepInput(world.Cabinet, SyncEntity.Orders), Ct)).Wait);
        Assert.Equal(TimeSpan.FromSeconds(90), (await Steps(world).SyncAsync(new SyncStepInput(world.Cabinet, SyncEntity.Sales), Ct)).Wait);
    }

    [Fact]
    public async Task A_person_gets_everything_planned_the_timer_what_is_due()
    {
        await using var world = await StartAsync(database);
        world.Stub.Answer(Orders, "[]");
        await world.RunAsync(SyncEntity.Orders);
        Assert.Equal(SyncEntityNames.All, await Steps(world).PlanAsync(new SyncPlanInput(world.Cabinet, Start), Ct));
        Assert.Equal(SyncEntityNames.All.Except([SyncEntity.Orders]), await Steps(world).PlanAsync(new SyncPlanInput(world.Cabinet), Ct));
    }

    [Fact]
    public async Task What_a_person_asked_for_is_read_once_however_often_delivered()
    {
        await using var world = await StartAsync(database);
        world.Stub.Answer(Orders, "[]");
        await world.RunAsync(SyncEntity.Orders);
        world.Time.Advance(TimeSpan.FromMinutes(1));
        var asked = new SyncStepInput(world.Cabinet, SyncEntity.Orders, world.Time.GetUtcNow());
        world.Time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(EntitySyncStatus.Ok, (await Steps(world).SyncAsync(asked, Ct)).Result.Status);
        Assert.Equal(EntitySyncStatus.NotDue, (await Steps(world).SyncAsync(asked, Ct)).Result.Status);
        Assert.Equal(2, world.Stub.Count(Orders));
    }

    [Fact]
    public async Task An_old_rejection_holds_nobody_up_a_new_one_stops_calls()
    {
        await using var world = await StartAsync(database);
        world.Stub.Answer(Orders, "{}", 401);
        world.Stub.Answer(Sales, "[]");
        await world.RunAsync(SyncEntity.Orders);
        world.Time.Advance(TimeSpan.FromMinutes(1));
        var asked = world.Time.GetUtcNow();
        world.Time.Advance(TimeSpan.FromMinutes(1));
        var orders = await Steps(world).SyncAsync(new SyncStepInput(world.Cabinet, SyncEntity.Orders, asked), Ct);
        var sales = await Steps(world).SyncAsync(new SyncStepInput(world.Cabinet, SyncEntity.Sales, asked), Ct);
        Assert.Equal((EntitySyncStatus.Rejected, EntitySyncStatus.Rejected), (orders.Result.Status, sales.Result.Status));
        Assert.Equal((2, 0), (world.Stub.Count(Orders), world.Stub.Count(Sales)));
    }

    [Fact]
    public async Task The_run_is_started_once_and_a_failing_start_is_told()
    {
        await using var world = await StartAsync(database);
        await world.ExecuteAsync("UPDATE wb_cabinets SET created_at = created_at - interval '1 day' WHERE id = $1");
        Assert.True(await Steps(world).StartIndexAsync(new StartSyncedInput(world.Cabinet, 3), Ct));
        Assert.Equal([world.Cabinet], _starter.Started);
        _starter.Failure = new InvalidOperationException("no");
        Assert.False(await Steps(world).StartIndexAsync(new StartSyncedInput(world.Cabinet, 3), Ct));
    }

    [Theory]
    [InlineData("not there yet", "", false)]
    [InlineData("between two pages", "VALUES ($1, 'orders', NULL, NULL::timestamptz)", false)]
    [InlineData("after a short wait", "VALUES ($1, 'orders', 'waiting', $2 - interval '1 second')", false)]
    [InlineData("waits for a minute", "VALUES ($1, 'orders', 'waiting', $2 + interval '1 minute')", false)]
    [InlineData("waits for an hour", "VALUES ($1, 'orders', 'waiting', $2 + interval '1 hour')", true)]
    [InlineData("failed", "VALUES ($1, 'orders', 'failed', NULL::timestamptz)", true)]
    [InlineData("closed to the token", "VALUES ($1, 'orders', 'forbidden', NULL::timestamptz)", true)]
    public async Task A_first_index_waits_for_the_last_entity_that_still_comes(string orders, string cursor, bool starts)
    {
        await using var world = await StartAsync(database);
        await world.ExecuteAsync("""
            INSERT INTO wb_sync_cursors (cabinet_id, entity, last_outcome, last_success_at)
            SELECT $1, e, 'ok', now() FROM unnest(ARRAY['cards', 'prices', 'stocks', 'sales', 'reviews']) AS e
            """);
        if (cursor.Length > 0)
        {
            await world.ExecuteAsync($"INSERT INTO wb_sync_cursors (cabinet_id, entity, last_outcome, not_before) {cursor.Replace("$2", $"timestamptz '{world.Time.GetUtcNow():O}'")}");
        }

        Assert.True(await Steps(world).StartIndexAsync(new StartSyncedInput(world.Cabinet, 3), Ct) == starts, $"orders: {orders}");
    }

    private SyncSteps Steps(SyncWorld world) => ActivatorUtilities.CreateInstance<SyncSteps>(
        world.Services, ActivatorUtilities.CreateInstance<StartIndex>(world.Services, _starter));
}
