using RagFunctions.Core;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Tests.Marketplace.Sync;
using RagFunctions.Tests.Postgres;
using RagFunctions.Tests.Store;

namespace RagFunctions.Tests.Source;

/// <summary>A main database whose dates have no time zone.</summary>
public sealed class TimestampColumnTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private const string WithoutZones = """
        ALTER TABLE wb_orders ALTER order_date TYPE timestamp USING order_date AT TIME ZONE 'Europe/Moscow',
            ALTER cancel_date TYPE timestamp USING cancel_date AT TIME ZONE 'Europe/Moscow',
            ALTER created_at TYPE timestamp USING created_at AT TIME ZONE 'Europe/Moscow', ALTER updated_at TYPE timestamp USING updated_at AT TIME ZONE 'Europe/Moscow';
        ALTER TABLE wb_sales ALTER sale_date TYPE timestamp USING sale_date AT TIME ZONE 'Europe/Moscow';
        ALTER TABLE wb_reviews ALTER created_date TYPE timestamp USING created_date AT TIME ZONE 'Europe/Moscow';
        """;

    [Fact]
    [Trait("Fault", "10")]
    [Trait("Guarantee", "any-value")]
    public async Task Dates_without_a_time_zone_are_read_as_Moscow_time()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(5);
        await cabinet.ExecuteAsync("UPDATE wb_orders SET status = 'canceled', cancel_date = now() - interval '1 hour' WHERE cabinet_id = $1 AND nm_id = 2");
        await cabinet.ExecuteAsync("UPDATE wb_orders SET srid = 'S3' WHERE cabinet_id = $1 AND nm_id = 3");
        await cabinet.IndexAllAsync();
        var text = await cabinet.TextAsync(Entity.Orders, await cabinet.IdOfAsync(Entity.Orders, 1));
        await fixture.Source.ExecuteAsync(WithoutZones);

        var again = await cabinet.RebuildAsync();
        Assert.Equal((0, 0, 25), (again.FailedRows, again.Updated, again.Unchanged));
        Assert.Equal(text, await cabinet.TextAsync(Entity.Orders, await cabinet.IdOfAsync(Entity.Orders, 1)));
        Assert.True((await cabinet.VerifyAsync()).IsClean);

        await cabinet.ExecuteAsync("""
            UPDATE wb_orders SET created_at = now() - interval '2 days',
                updated_at = (now() - CASE nm_id WHEN 1 THEN interval '5 minutes' ELSE interval '2 hours' END) AT TIME ZONE 'Europe/Moscow'
            WHERE cabinet_id = $1
            """);
        await new CatchUpQueue(fixture.Main).EnqueueAsync(cabinet.Id, DateTimeOffset.UtcNow.AddMinutes(-10), TestContext.Current.CancellationToken);
        Assert.Equal(
            await cabinet.IdOfAsync(Entity.Orders, 1),
            await cabinet.ScalarAsync<long>("SELECT sum(source_id)::bigint FROM rag_changes WHERE cabinet_id = $1 AND source_table = 'wb_orders'"));
    }

    [Fact]
    [Trait("Fault", "10")]
    [Trait("Guarantee", "any-value")]
    public async Task The_sync_writes_Moscow_time_where_no_zone_is_stored()
    {
        await using var database = await TestDatabase.CreateAsync();
        await database.Source.ExecuteAsync($"{WithoutZones} ALTER DATABASE \"{database.Name}\" SET TimeZone = 'UTC'");
        await using var world = await SyncWorld.StartAsync(database.ConnectionString);
        world.Now(SyncWorld.Orders, $"[{SyncWorld.Order("a", date: "2026-11-19T10:00:00")}]");
        Assert.Equal(EntitySyncStatus.Ok, (await world.RunAsync(SyncEntity.Orders)).Status);
        Assert.Equal(["2026-11-19 10:00:00"], await database.Source.ReadNamesAsync("SELECT order_date::text FROM wb_orders"));
    }
}
