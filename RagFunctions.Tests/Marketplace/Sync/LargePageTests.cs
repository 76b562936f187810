using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Tests.Postgres;
using static RagFunctions.Tests.Marketplace.Sync.SyncWorld;

namespace RagFunctions.Tests.Marketplace.Sync;

/// <summary>How a page is compared with its table is not left to statistics that cannot know the page.</summary>
public sealed class LargePageTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>
{
    [Theory]
    [InlineData(1_000, "off")]
    [InlineData(999, "on")]
    public async Task Only_large_pages_are_compared_by_hash_whatever_statistics_say(int rows, string expected)
    {
        await using var world = await StartAsync(database);
        var numbers = Enumerable.Range(1, rows).ToArray();
        world.Now(Orders, $"[{string.Join(',', numbers.Select(n => Order($"o{n}")))}]")
            .Now(Sales, $"[{string.Join(',', numbers.Select(n => Sale($"S{n}")))}]")
            .Now(WarehouseStocks, Stock([.. numbers.Select(n => ((long)n, (long)n * 10, 1L, 5))]))
            .Now(SellerStocks, NoStock)
            .Now(Feedbacks, Reviews([.. numbers.Select(n => Review($"r{n}"))]), NoReviews)
            .Now(Archive, NoReviews);
        await using var command = database.Source.CreateCommand("""
            CREATE TABLE IF NOT EXISTS seen_settings (cabinet_id bigint, name text, value text, UNIQUE (cabinet_id, name, value));
            CREATE OR REPLACE FUNCTION see_setting() RETURNS trigger LANGUAGE plpgsql AS $see$
            BEGIN
                INSERT INTO seen_settings VALUES (NEW.cabinet_id, TG_TABLE_NAME, current_setting('enable_nestloop')) ON CONFLICT DO NOTHING;
                RETURN NEW;
            END $see$;
            CREATE OR REPLACE TRIGGER see_setting BEFORE INSERT ON wb_orders FOR EACH ROW EXECUTE FUNCTION see_setting();
            CREATE OR REPLACE TRIGGER see_setting BEFORE INSERT ON wb_sales FOR EACH ROW EXECUTE FUNCTION see_setting();
            CREATE OR REPLACE TRIGGER see_setting BEFORE INSERT ON wb_stocks FOR EACH ROW EXECUTE FUNCTION see_setting();
            CREATE OR REPLACE TRIGGER see_setting BEFORE INSERT ON wb_reviews FOR EACH ROW EXECUTE FUNCTION see_setting();
            """);
        await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);

        foreach (var entity in (SyncEntity[])[SyncEntity.Orders, SyncEntity.Sales, SyncEntity.Stocks, SyncEntity.Reviews])
        {
            Assert.Equal((EntitySyncStatus.Ok, rows), await InsertedAsync(world, entity));
        }

        Assert.Equal(
            [$"wb_orders|{expected}", $"wb_reviews|{expected}", $"wb_sales|{expected}", $"wb_stocks|{expected}"],
            await world.RowsAsync("SELECT name, value FROM seen_settings WHERE cabinet_id = $1 ORDER BY name"));
    }

    private static async Task<(EntitySyncStatus Status, long Inserted)> InsertedAsync(SyncWorld world, SyncEntity entity)
    {
        var result = await world.SyncAsync(entity);
        return (result.Status, result.RowsInserted);
    }
}
