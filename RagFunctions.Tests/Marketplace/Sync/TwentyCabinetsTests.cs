using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core.Marketplace.Cabinets;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Dev.Fakes.Marketplace;
using RagFunctions.Dev.Fakes.Marketplace.Faults;
using RagFunctions.Dev.Fakes.Marketplace.Shops;
using RagFunctions.Dev.Fakes.Marketplace.Tokens;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Marketplace.Sync;

/// <summary>An hour of scenario time: twenty cabinets, two workers that share a database and nothing else.</summary>
public sealed class TwentyCabinetsTests
{
    private const int Cabinets = 20;

    // A cabinet of an entity: served at all, and again in the hour's second half.
    private const string Served = """
        SELECT entity || ' ' || count(last_success_at) || CASE WHEN bool_and(last_success_at > $1::timestamptz) THEN ' again' ELSE '' END
        FROM wb_sync_cursors GROUP BY entity ORDER BY entity
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [Trait("Guarantee", "limits")]
    [Trait("Defect", "96")]
    [InlineData(TokenType.Personal)]
    [InlineData(TokenType.Basic)]
    public async Task In_an_hour_twenty_cabinets_are_served_within_all_limits(TokenType type)
    {
        await using var database = await TestDatabase.CreateAsync();
        var time = new TimerCountingTime(new ShopOptions().Start);
        await using var server = await MarketplaceServer.StartAsync(new MarketplaceServerOptions { Time = time });
        (string, int)[] settings = [("CardPageRows", 2), ("ReviewPageRows", 2), ("PricePageRows", 4), ("StockPageRows", 8)];
        await using var first = FakeMarketplaceHost.Build(database.ConnectionString, server, time, settings);
        await using var second = FakeMarketplaceHost.Build(database.ConnectionString, server, time, settings);
        for (var i = 0; i < Cabinets; i++)
        {
            var shop = new Shop(new ShopOptions { Seed = 100 + (2 * i) + (int)type, HistoryDays = 2, Products = 4, OrdersPerHour = 1 });
            server.Add(shop);
            await first.GetRequiredService<CabinetStore>().AddAsync(
                MarketplaceTokens.Create(shop.SellerId, type, TokenScopes.Everything, time.GetUtcNow().AddDays(180)), shop.Options.Name, seller: null, Ct);
        }

        // A marketplace that refuses although nothing was exceeded, with and without saying for how long.
        server.Faults.ScriptFor("content", Fault.TooManyRequests(TimeSpan.FromSeconds(5)), Fault.TooManyRequests());
        if (type == TokenType.Personal)
        {
            // A basic token would have to wait three hours for its next try.
            server.Faults.ScriptFor("orders", Fault.TooManyRequests(TimeSpan.FromSeconds(90)), Fault.TooManyRequests());
        }

        var began = time.GetUtcNow();
        for (var step = 0; step < 120; step++)
        {
            // Both take all that is due, so they meet at every entity.
            await Task.WhenAll(Task.Run(() => WorkAsync(first), Ct), Task.Run(() => WorkAsync(second), Ct));
            time.Advance(TimeSpan.FromSeconds(30));
            server.AdvanceShopsTo(time.GetUtcNow());
        }

        Assert.Equal(0, server.Faults.Left);
        Assert.Empty(server.ExceededLimits);
        Assert.Empty(server.Violations);
        Assert.Equal(0, time.Timers);
        var served = await database.Source.ReadNamesAsync(Served.Replace("$1", $"'{began.AddMinutes(29):O}'", StringComparison.Ordinal));
        Assert.Equal(SyncEntityNames.All.Select(entity => $"{entity.Name()} {Cabinets}").Order(), served.Select(line => line.Replace(" again", "", StringComparison.Ordinal)));
        // Of basic tokens only cards may be asked for twice within the hour.
        Assert.Superset(
            SyncEntityNames.All.Where(entity => type == TokenType.Personal || entity == SyncEntity.Cards).Select(entity => $"{entity.Name()} {Cabinets} again").ToHashSet(),
            served.ToHashSet());
    }

    private static async Task WorkAsync(ServiceProvider worker)
    {
        var sync = worker.GetRequiredService<EntitySync>();
        foreach (var cabinet in await worker.GetRequiredService<SyncPlanner>().DueAsync(null, Ct))
        {
            foreach (var entity in cabinet.Entities)
            {
                var result = await sync.RunAsync(cabinet.CabinetId, entity, askedAt: null, Ct);
                Assert.True(
                    result.Status is EntitySyncStatus.Ok or EntitySyncStatus.Waiting or EntitySyncStatus.Busy or EntitySyncStatus.NotDue, $"{result}");
            }
        }
    }
}
