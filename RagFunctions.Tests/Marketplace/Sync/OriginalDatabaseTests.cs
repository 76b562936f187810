using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Cabinets;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Core.Migrations;
using RagFunctions.Tests.Migrations.Original;
using RagFunctions.Tests.Postgres;
using static RagFunctions.Tests.Marketplace.Sync.SyncWorld;

namespace RagFunctions.Tests.Marketplace.Sync;

/// <summary>The sync on tables of the original: integer ids, binary fractions for money.</summary>
public sealed class OriginalDatabaseTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task On_the_originals_tables_a_repeated_sync_writes_nothing()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Empty);
        await OriginalSchema.MakeMainAsync(database.Source);
        await SchemaMigrator.MigrateAsync(MigrationSet.Main, database.Source, null, Ct);
        await OriginalKeys.DropAsync(database.Source, Ct);
        await using var stub = await StubMarketplace.StartAsync();
        var time = new FakeTimeProvider(Start);
        await using var services = StubbedServices.Build(database.ConnectionString, stub.Url, time);
        var cabinet = await services.GetRequiredService<CabinetStore>().AddAsync(TestTokens.Of(Guid.NewGuid().ToString()), "c", seller: null, Ct);
        stub.Answer(Orders, $"[{Order("a", paid: 1271.99m)},{Order("b")}]").Answer(Sales, $"[{Sale("S1", paid: 0.1m)},{Sale("R1")}]")
            .Answer(WarehouseStocks, Stock((7, 70, 1, 5))).Answer(SellerStocks, NoStock).Answer(Trash, NoCards)
            .Answer(Cards, CardPage("2026-11-20T00:00:00Z", 1, Card(7))).Answer(Archive, NoReviews)
            .Answer(Feedbacks, Reviews(Review("a", 4), Review("b", 5), Review("c", 4)))
            .Answer(Prices, """{"data":{"listGoods":[{"nmID":7,"sizes":[{"sizeID":70,"price":2400.35,"discountedPrice":1560.7}]}]},"error":false}""");

        var first = await RunAllAsync();
        var quiet = await RunAllAsync();

        Assert.All(first.Concat(quiet), result => Assert.Equal(EntitySyncStatus.Ok, result.Status));
        Assert.Equal(9, first.Sum(result => result.RowsInserted));
        Assert.All(quiet, result => Assert.False(result.HasChanges, $"{result}"));
        Assert.Equal(["4.3"], await database.Source.ReadNamesAsync("SELECT rating::text FROM wb_products"));

        async Task<List<EntitySyncResult>> RunAllAsync()
        {
            List<EntitySyncResult> results = [];
            foreach (var entity in SyncEntityNames.All)
            {
                time.Advance(TimeSpan.FromMinutes(30));
                results.Add(await services.GetRequiredService<EntitySync>().RunAsync(cabinet, entity, askedAt: null, Ct));
            }

            return results;
        }
    }
}
