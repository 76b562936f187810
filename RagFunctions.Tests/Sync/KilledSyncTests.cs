using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core.Marketplace.Cabinets;
using RagFunctions.Fakes.Marketplace;
using RagFunctions.Fakes.Marketplace.Shops;
using RagFunctions.Fakes.Marketplace.Tokens;
using RagFunctions.Tests.LocalHost;
using RagFunctions.Tests.Marketplace;

namespace RagFunctions.Tests.Sync;

/// <summary>The real process killed after the sync has committed rows and queued them, before anything has started the index run.</summary>
public sealed class KilledSyncTests
{
    private const string LastRun =
        "SELECT EXISTS (SELECT FROM rag_index_runs WHERE cabinet_id = $1 AND mode = 'incremental' AND outcome = 'completed') AND NOT EXISTS (SELECT FROM rag_changes)";

    [Fact]
    public async Task The_next_process_goes_on_with_the_sync_and_starts_the_run()
    {
        await using var server = await MarketplaceServer.StartAsync();
        await using var served = await SyncAndKillAsync(server);

        // The leases of the killed process run out.
        await served.ExecuteAsync("UPDATE wb_sync_cursors SET lease_expires_at = NULL");
        await served.StartAsync();
        await served.BecomesTrueAsync(LastRun, "what was queued is indexed", served.Ids[0]);
        Assert.True(await served.ScalarAsync<bool>("SELECT count(*) > 0 FROM local_host.instances WHERE instance_id = 'sync-' || $1", served.Ids[0]));
    }

    [Fact]
    public async Task The_sweep_starts_the_run_where_nothing_is_left_of_the_orchestration()
    {
        await using var server = await MarketplaceServer.StartAsync();
        await using var served = await SyncAndKillAsync(server);
        await served.ExecuteAsync("TRUNCATE local_host.instances, local_host.history");
        await served.StartAsync();
        Assert.True(await served.ScalarAsync<bool>("SELECT count(*) > 0 FROM rag_changes WHERE cabinet_id = $1", served.Ids[0]));
        await served.Process.SweepAsync();
        await served.BecomesTrueAsync(LastRun, "what was queued is indexed", served.Ids[0]);
        await served.AssertIndexedAsync(served.Ids[0]);
        Assert.Equal(0, await served.ScalarAsync<long>("SELECT count(*) FROM local_host.instances WHERE instance_id LIKE 'sync-%'"));
    }

    /// <summary>A cabinet whose empty index is complete, so that only the queue asks for a run; its first sync, and the kill.</summary>
    private static async Task<ServedCabinets> SyncAndKillAsync(MarketplaceServer server)
    {
        var settings = FakeMarketplaceHost.Addresses(server).Select(pair => (pair.Key.Replace(":", "__", StringComparison.Ordinal), pair.Value!));
        var served = await ServedCabinets.CreateAsync(0, 0, 0, [.. settings, ("Marketplace__TokenKey", Marketplace.MarketplaceHost.TokenKey)]);
        var shop = new Shop(new ShopOptions { Seed = 9, Start = DateTimeOffset.UtcNow, HistoryDays = 4, Products = 5, OrdersPerHour = 1, Refresh = TimeSpan.Zero });
        server.Add(shop);
        await using (var services = FakeMarketplaceHost.Build(served.Database.ConnectionString, server, TimeProvider.System))
        {
            var token = MarketplaceTokens.Create(shop.SellerId, TokenType.Personal, TokenCategories.Everything, DateTimeOffset.UtcNow.AddDays(180));
            served.Ids.Add(await services.GetRequiredService<CabinetStore>().AddAsync(token, "killed", TestContext.Current.CancellationToken));
        }

        var cabinet = served.Ids[0];
        await served.StartAsync();
        await served.Process.PostAsync($"/v1/rag/index/{cabinet}");
        await served.BecomesIdleAsync(cabinet);
        var gate = await HistoryGate.CloseAsync(served.Database.Source, "ActivityCompleted", "SyncEntity");
        await served.Process.PostAsync($"/api/v1/sync/cabinet/{cabinet}");

        // Prices and stocks come after the cards, whose end no history tells.
        await served.BecomesTrueAsync("SELECT count(last_success_at) = 4 FROM wb_sync_cursors WHERE cabinet_id = $1", "four have been read", cabinet);
        await gate.SomebodyWaitsAsync();
        await served.KillAsync();
        await gate.EndWaitingSessionsAsync();
        await gate.DisposeAsync();
        Assert.Equal(0, await served.ScalarAsync<long>("SELECT count(*) FROM local_host.history WHERE name = 'StartSynced'"));
        Assert.True(await served.ScalarAsync<bool>("SELECT count(*) > 0 FROM rag_changes WHERE cabinet_id = $1", cabinet));
        return served;
    }
}
