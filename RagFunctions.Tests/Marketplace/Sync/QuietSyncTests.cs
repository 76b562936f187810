using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Core.Migrations;
using RagFunctions.Dev.Fakes.Marketplace.Shops;
using RagFunctions.Dev.Fakes.Marketplace.Tokens;
using RagFunctions.Tests.Migrations.Original;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Marketplace.Sync;

/// <summary>A sync that finds nothing new leaves no trace in the source tables: no version, no lock, no id drawn, nothing queued.</summary>
public sealed class QuietSyncTests
{
    // Row triggers before the fact also see an insertion that would end as a conflict.
    private const string ForbidWriting = """
        CREATE FUNCTION forbid() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'a quiet sync came to % % of %', TG_OP, NEW, TG_TABLE_NAME;
        END $$;
        CREATE TRIGGER forbid BEFORE INSERT OR UPDATE OR DELETE ON wb_orders FOR EACH ROW EXECUTE FUNCTION forbid();
        CREATE TRIGGER forbid BEFORE INSERT OR UPDATE OR DELETE ON wb_sales FOR EACH ROW EXECUTE FUNCTION forbid();
        CREATE TRIGGER forbid BEFORE INSERT OR UPDATE OR DELETE ON wb_stocks FOR EACH ROW EXECUTE FUNCTION forbid();
        CREATE TRIGGER forbid BEFORE INSERT OR UPDATE OR DELETE ON wb_products FOR EACH ROW EXECUTE FUNCTION forbid();
        CREATE TRIGGER forbid BEFORE INSERT OR UPDATE OR DELETE ON wb_reviews FOR EACH ROW EXECUTE FUNCTION forbid();
        CREATE TRIGGER forbid BEFORE INSERT OR UPDATE OR DELETE ON rag_changes FOR EACH ROW EXECUTE FUNCTION forbid();
        """;

    // A row lock shows in xmax and nowhere else.
    private const string Traces = """
        SELECT concat_ws(' ', source::regclass, place, written, locked) FROM (
            SELECT tableoid, ctid, xmin, xmax FROM wb_orders UNION ALL SELECT tableoid, ctid, xmin, xmax FROM wb_sales
            UNION ALL SELECT tableoid, ctid, xmin, xmax FROM wb_stocks UNION ALL SELECT tableoid, ctid, xmin, xmax FROM wb_products
            UNION ALL SELECT tableoid, ctid, xmin, xmax FROM wb_reviews UNION ALL SELECT tableoid, ctid, xmin, xmax FROM rag_changes)
            AS rows (source, place, written, locked)
        UNION ALL
        SELECT concat_ws(' ', sequencename, last_value) FROM pg_sequences
        WHERE sequencename ~ '^(wb_(orders|sales|stocks|products|reviews)_id|rag_changes_version)_seq$'
        ORDER BY 1
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [Trait("Guarantee", "quiet")]
    [Trait("Defect", "108")]
    [Trait("Defect", "112")]
    [InlineData(TokenType.Personal, false)]
    [InlineData(TokenType.Basic, false)]
    [InlineData(TokenType.Personal, true)]
    public async Task A_quiet_sync_writes_locks_and_queues_nothing_and_draws_no_id(TokenType type, bool isOriginal)
    {
        await using var database = await TestDatabase.CreateAsync(isOriginal ? SchemaKind.Empty : SchemaKind.Both);
        if (isOriginal)
        {
            await OriginalSchema.MakeMainAsync(database.Source);
            await SchemaMigrator.MigrateAsync(MigrationSet.Main, database.Source, null, Ct);
            await OriginalKeys.DropAsync(database.Source, Ct);
        }

        var options = new ShopOptions { Seed = 5 + (int)type, HistoryDays = 40, Products = 10, OrdersPerHour = 1 };
        await using var world = await ShopWorld.StartAsync(options, database.Source, database.ConnectionString, type);
        await world.SyncAsync();
        // Sizes and prices that came before their cards have found them by now.
        world.Time.Advance(TimeSpan.FromHours(3));
        Assert.All(await world.SyncAsync(), Ended);
        await new ShopTruth(world.Shop, type == TokenType.Basic).AssertAsync(database.Source, world.Cabinet);
        await database.Source.ExecuteAsync("TRUNCATE rag_changes");
        await database.Source.ExecuteAsync(ForbidWriting);
        var unlocked = await database.Source.ReadNamesAsync(Traces);
        await database.Source.ExecuteAsync("SELECT FROM wb_orders FOR NO KEY UPDATE");
        var before = await database.Source.ReadNamesAsync(Traces);
        Assert.NotEqual(unlocked, before);

        // The next cycle, and the one that lists everything again.
        foreach (var later in new[] { TimeSpan.FromHours(3), TimeSpan.FromDays(1) })
        {
            world.Time.Advance(later);
            var results = await world.SyncAsync();

            Assert.All(results, Ended);
            Assert.Equal(SyncEntityNames.All, results.Where(result => result.Status == EntitySyncStatus.Ok).Select(result => result.Entity).Order());
            Assert.All(results, result => Assert.False(result.HasChanges, $"{result}"));
            Assert.True(results.Sum(result => result.RowsRead) > 50, "there was nothing to read");
        }

        Assert.True(before.Count > 100, $"{before.Count} traces");
        Assert.Equal(before, await database.Source.ReadNamesAsync(Traces));
    }

    private static void Ended(EntitySyncResult result) =>
        Assert.True(result.Status is EntitySyncStatus.Ok or EntitySyncStatus.Waiting, $"{result}");
}
