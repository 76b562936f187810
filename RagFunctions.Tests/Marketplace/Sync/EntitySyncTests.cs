using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Cabinets;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Core.Marketplace.Tokens;
using RagFunctions.Core.Runs;
using RagFunctions.Tests.Postgres;
using RagFunctions.Tests.Runs;
using static RagFunctions.Tests.Marketplace.Sync.SyncWorld;

namespace RagFunctions.Tests.Marketplace.Sync;

[Trait("Defect", "100")]
public sealed class EntitySyncTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Guarantee", "one-entity")]
    [Trait("Defect", "92")]
    public async Task A_rejected_token_stops_the_sync_until_a_new_one_comes()
    {
        await using var world = await StartAsync(database);
        world.Stub.Answer(Orders, $"[{Order("a")}]").Answer(Orders, "{}", 401).Answer(Orders, "[]");
        await world.SyncAsync(SyncEntity.Orders);
        const string LastSync = "SELECT last_sync_at FROM wb_cabinets WHERE id = $1";
        var lastSync = await world.RowsAsync(LastSync);

        var rejected = await world.SyncAsync(SyncEntity.Orders);
        var other = await world.SyncAsync(SyncEntity.Sales);

        Assert.Equal((EntitySyncStatus.Rejected, EntitySyncStatus.Rejected), (rejected.Status, other.Status));
        Assert.Equal(["1"], await world.RowsAsync("SELECT count(*) FROM wb_orders WHERE cabinet_id = $1"));
        Assert.Equal(0, world.Stub.Count(Sales));
        Assert.Equal(lastSync, await world.RowsAsync(LastSync));
        Assert.Empty(await Planner(world).DueAsync(world.Cabinet, Ct));

        await world.Services.GetRequiredService<CabinetStore>().ReplaceTokenAsync(world.Cabinet, TestTokens.Of(world.Seller), seller: null, ofOtherSeller: false, Ct);
        Assert.Contains(SyncEntity.Orders, Assert.Single(await Planner(world).DueAsync(world.Cabinet, Ct)).Entities);
        Assert.Equal(EntitySyncStatus.Ok, (await world.RunAsync(SyncEntity.Orders)).Status);
    }

    [Fact]
    [Trait("Fault", "14")]
    [Trait("Guarantee", "clock")]
    public async Task A_worker_with_a_wrong_clock_syncs_nothing_and_says_so()
    {
        await using var world = await StartAsync(database);
        using var log = new RecordingLog();
        world.Stub.Answer(Orders, $"[{Order("a")}]");

        var wrong = await RunAsync(TimeSpan.FromDays(120));
        Assert.Equal(EntitySyncStatus.Failed, wrong.Status);
        Assert.Contains("ahead of the main database's", wrong.Reason, StringComparison.Ordinal);
        Assert.Equal(0, world.Stub.Count(Orders));

        Assert.Contains(log.Lines, line => line == $"Cabinet {world.Cabinet}: Orders is not synchronised: {wrong.Reason}");

        // The next time is not 120 days away.
        Assert.Equal(EntitySyncStatus.Ok, (await RunAsync(TimeSpan.Zero)).Status);

        async Task<EntitySyncResult> RunAsync(TimeSpan ahead)
        {
            var time = new FakeTimeProvider(DateTimeOffset.UtcNow + ahead);
            await using var services = StubbedServices.Build(
                database.ConnectionString, world.Stub.Url, time, logs: log,
                replace: all => all.AddSingleton(new WorkerClock(time, Options.Create(new RunsOptions())) { IsMachines = true }));
            return await services.GetRequiredService<EntitySync>().RunAsync(world.Cabinet, SyncEntity.Orders, askedAt: null, Ct);
        }
    }

    [Fact]
    public async Task A_rejected_token_is_tried_again_after_six_hours()
    {
        await using var world = await StartAsync(database);
        world.Stub.Answer(Orders, "{}", 401).Answer(Orders, "[]");
        await world.RunAsync(SyncEntity.Orders);
        world.Time.Advance(TimeSpan.FromHours(6));

        Assert.NotEmpty(await Planner(world).DueAsync(world.Cabinet, Ct));
        Assert.Equal(EntitySyncStatus.Ok, (await world.RunAsync(SyncEntity.Orders)).Status);
        Assert.Equal(["-"], await world.RowsAsync("SELECT token_rejected_at FROM wb_cabinets WHERE id = $1"));
    }

    [Theory]
    [Trait("Guarantee", "one-entity")]
    [Trait("Defect", "92")]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task Nothing_but_a_401_marks_a_token_as_rejected(int status)
    {
        await using var world = await StartAsync(database);
        world.Stub.Answer(Orders, "{}", status);

        Assert.NotEqual(EntitySyncStatus.Rejected, (await world.RunAsync(SyncEntity.Orders)).Status);
        Assert.Equal(["True|-"], await world.RowsAsync("SELECT is_active, token_rejected_at FROM wb_cabinets WHERE id = $1"));
    }

    [Fact]
    public async Task A_missing_category_concerns_its_entities_only()
    {
        await using var world = await StartAsync(database, categories: TokenCategories.Statistics);
        world.Now(Orders, "[]");

        var prices = await world.RunAsync(SyncEntity.Prices);
        var orders = await world.RunAsync(SyncEntity.Orders);

        Assert.Equal(EntitySyncStatus.Forbidden, prices.Status);
        Assert.Contains("prices", prices.Reason, StringComparison.Ordinal);
        Assert.Equal(EntitySyncStatus.Ok, orders.Status);
        Assert.Equal(0, world.Stub.Count(Prices));
    }

    [Fact]
    [Trait("Guarantee", "one-entity")]
    [Trait("Defect", "101")]
    public async Task A_failure_moves_no_cursor_and_is_retried_ever_later()
    {
        await using var world = await StartAsync(database);
        world.Stub.Answer(Orders, $"[{Order("a")}]").Answer(Orders, "{}", 400);
        await world.SyncAsync(SyncEntity.Orders);
        const string Cursor = "SELECT state::text, last_success_at FROM wb_sync_cursors WHERE cabinet_id = $1";
        var before = await world.RowsAsync(Cursor);
        var lastSync = await world.RowsAsync("SELECT last_sync_at FROM wb_cabinets WHERE id = $1");

        Assert.Equal(EntitySyncStatus.Failed, (await world.SyncAsync(SyncEntity.Orders)).Status);
        Assert.Equal(before, await world.RowsAsync(Cursor));
        Assert.Equal(lastSync, await world.RowsAsync("SELECT last_sync_at FROM wb_cabinets WHERE id = $1"));
        world.Time.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(EntitySyncStatus.Failed, (await world.RunAsync(SyncEntity.Orders)).Status);
        world.Time.Advance(TimeSpan.FromMinutes(15));
        Assert.Equal(EntitySyncStatus.NotDue, (await world.RunAsync(SyncEntity.Orders)).Status);
    }

    [Fact]
    [Trait("Defect", "99")]
    [Trait("Defect", "113")]
    public async Task An_entity_is_due_every_half_hour_and_rarer_for_basic_tokens()
    {
        await using var world = await StartAsync(database, TokenKind.Basic);
        world.Now(Orders, "[]").Now(Cards, NoCards).Now(Trash, NoCards);
        await world.RunAsync(SyncEntity.Orders);
        await world.RunAsync(SyncEntity.Cards);

        Assert.Equal(EntitySyncStatus.NotDue, (await world.RunAsync(SyncEntity.Cards)).Status);
        Assert.Equal(EntitySyncStatus.Ok, (await world.SyncAsync(SyncEntity.Cards)).Status);
        Assert.Equal(EntitySyncStatus.NotDue, (await world.RunAsync(SyncEntity.Orders)).Status);
        Assert.DoesNotContain(SyncEntity.Orders, Assert.Single(await Planner(world).DueAsync(world.Cabinet, Ct)).Entities);
        world.Time.Advance(TimeSpan.FromMinutes(150));
        Assert.Contains(SyncEntity.Orders, Assert.Single(await Planner(world).DueAsync(world.Cabinet, Ct)).Entities);
        Assert.Equal(EntitySyncStatus.Ok, (await world.RunAsync(SyncEntity.Orders)).Status);
    }

    [Fact]
    [Trait("Guarantee", "one-entity")]
    public async Task A_new_token_does_not_wait_for_the_old_ones_limits()
    {
        await using var world = await StartAsync(database, TokenKind.Basic, new Dictionary<string, string?> { ["Marketplace:StatisticsCutRows"] = "1" });
        world.Stub.Answer(Orders, $"[{Order("a")}]").Answer(Orders, "[]");
        var waiting = await world.RunAsync(SyncEntity.Orders);
        Assert.Equal((EntitySyncStatus.Waiting, Start.AddHours(3)), (waiting.Status, waiting.WaitUntil!.Value));

        await world.Services.GetRequiredService<CabinetStore>().ReplaceTokenAsync(world.Cabinet, TestTokens.Of(world.Seller), seller: null, ofOtherSeller: false, Ct);

        Assert.Equal(EntitySyncStatus.Ok, (await world.RunAsync(SyncEntity.Orders)).Status);
    }

    [Fact]
    [Trait("Defect", "102")]
    [Trait("Defect", "103")]
    public async Task While_one_worker_synchronises_another_is_told_so()
    {
        await using var world = await StartAsync(database);
        EntitySyncResult? second = null;
        world.Stub.Answer(Orders, async context =>
        {
            second = await world.RunAsync(SyncEntity.Orders);
            await Microsoft.AspNetCore.Http.HttpResponseWritingExtensions.WriteAsync(context.Response, "[]");
        });

        var first = await world.RunAsync(SyncEntity.Orders);

        Assert.Equal((EntitySyncStatus.Ok, EntitySyncStatus.Busy), (first.Status, second!.Status));
        Assert.Equal(1, world.Stub.Count(Orders));
    }

    [Fact]
    [Trait("Defect", "103")]
    [Trait("Defect", "109")]
    public async Task A_dead_worker_is_followed_after_its_lease_and_logged()
    {
        await using var world = await StartAsync(database);
        world.Now(Orders, $"[{Order("a")}]");
        await world.ExecuteAsync("""
            WITH log AS (INSERT INTO wb_sync_logs (cabinet_id, sync_type, status, started_at) VALUES ($1, 'orders', 'started', now()))
            INSERT INTO wb_sync_cursors (cabinet_id, entity, lease_token, lease_expires_at) VALUES ($1, 'orders', 3, now() + interval '1 minute')
            """);
        Assert.Equal(EntitySyncStatus.Busy, (await world.RunAsync(SyncEntity.Orders)).Status);
        await world.ExecuteAsync("UPDATE wb_sync_cursors SET lease_expires_at = now() WHERE cabinet_id = $1");

        Assert.Equal(EntitySyncStatus.Ok, (await world.RunAsync(SyncEntity.Orders)).Status);
        Assert.Equal(
            ["error|interrupted|-", "completed|-|1"],
            await world.RowsAsync("SELECT status, error_message, records_created FROM wb_sync_logs WHERE cabinet_id = $1 AND completed_at IS NOT NULL ORDER BY id"));
    }

    [Fact]
    [Trait("Defect", "37")]
    [Trait("Defect", "42")]
    public async Task An_inactive_cabinet_is_not_synchronised()
    {
        await using var world = await StartAsync(database);
        await world.Services.GetRequiredService<CabinetStore>().DeactivateAsync(world.Cabinet, Ct);

        Assert.Equal(EntitySyncStatus.Inactive, (await world.RunAsync(SyncEntity.Orders)).Status);
        Assert.Empty(await Planner(world).DueAsync(world.Cabinet, Ct));
        Assert.Empty(world.Stub.Requests);
    }

    [Fact]
    public async Task A_new_cabinet_is_due_for_everything_in_starting_order()
    {
        await using var world = await StartAsync(database);

        Assert.Equal(SyncEntityNames.All, Assert.Single(await Planner(world).DueAsync(world.Cabinet, Ct)).Entities);
    }

    [Fact]
    [Trait("Guarantee", "one-entity")]
    public async Task While_the_originals_keys_stand_the_sync_refuses_with_advice()
    {
        await using var own = await TestDatabase.CreateAsync();
        await using (var restore = own.Source.CreateCommand("ALTER TABLE wb_orders ADD CONSTRAINT uq_cabinet_order_id UNIQUE (cabinet_id, order_id)"))
        {
            await restore.ExecuteNonQueryAsync(Ct);
        }

        await using var stub = await StubMarketplace.StartAsync();
        await using var services = StubbedServices.Build(own.ConnectionString, stub.Url, TimeProvider.System);
        var cabinet = await services.GetRequiredService<CabinetStore>().AddAsync(TestTokens.Of(Guid.NewGuid().ToString()), "c", seller: null, Ct);
        stub.Answer(Orders, "[]");

        var refused = await services.GetRequiredService<EntitySync>().RunAsync(cabinet, SyncEntity.Orders, askedAt: null, Ct);
        Assert.Equal(EntitySyncStatus.Failed, refused.Status);
        Assert.Contains("uq_cabinet_order_id", refused.Reason, StringComparison.Ordinal);
        Assert.Contains("--drop-original-keys", refused.Reason, StringComparison.Ordinal);
        Assert.Empty(stub.Requests);

        await OriginalKeys.DropAsync(own.Source, Ct);
        Assert.Equal(EntitySyncStatus.Ok, (await services.GetRequiredService<EntitySync>().RunAsync(cabinet, SyncEntity.Orders, askedAt: null, Ct)).Status);
    }

    private static SyncPlanner Planner(SyncWorld world) => world.Services.GetRequiredService<SyncPlanner>();
}
