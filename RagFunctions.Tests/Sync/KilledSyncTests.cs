using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core.Marketplace.Cabinets;
using RagFunctions.Dev.Fakes.Marketplace;
using RagFunctions.Dev.Fakes.Marketplace.Shops;
using RagFunctions.Dev.Fakes.Marketplace.Tokens;
using RagFunctions.Tests.Dev.LocalHost;
using RagFunctions.Tests.Marketplace;

namespace RagFunctions.Tests.Sync;

/// <summary>The real process killed in the midst of a sync whose rows are partly committed and queued.</summary>
public sealed class KilledSyncTests
{
    private const string Indexed =
        "SELECT EXISTS (SELECT FROM rag_index_runs WHERE cabinet_id = $1 AND mode = 'incremental' AND outcome = 'completed') AND NOT EXISTS (SELECT FROM rag_changes)";

    [Fact]
    [Trait("Guarantee", "killed")]
    public async Task The_timers_of_the_next_process_end_the_sync_and_index_it()
    {
        await using var server = await MarketplaceServer.StartAsync();
        await using var served = await CreateAsync(server);
        var cabinet = served.Ids[0];
        await using (var gate = await AdvisoryGate.CloseAsync(served.Database.Source, "wb_stocks", "BEFORE INSERT"))
        {
            await served.Process.PostAsync($"/api/v1/sync/cabinet/{cabinet}");
            await served.BecomesTrueAsync("SELECT count(last_success_at) >= 2 FROM wb_sync_cursors WHERE cabinet_id = $1", "two have been read", cabinet);
            await gate.SomebodyWaitsAsync();
            await served.KillAsync();
        }

        // The lease of the killed process runs out.
        await served.ExecuteAsync("UPDATE wb_sync_cursors SET lease_expires_at = NULL");
        await served.StartAsync();
        await served.Process.Durable.FireAsync("SyncTimer");
        await served.BecomesTrueAsync("SELECT count(last_success_at) = 6 FROM wb_sync_cursors WHERE cabinet_id = $1", "all have been read", cabinet);
        await served.BecomesIdleAsync(cabinet);
        await served.BecomesTrueAsync(Indexed, "what was queued is indexed", sweeping: true, cabinet);
        await served.AssertIndexedAsync(cabinet);
    }

    [Fact]
    [Trait("Guarantee", "killed")]
    public async Task The_sweep_indexes_what_a_killed_sync_had_queued()
    {
        await using var server = await MarketplaceServer.StartAsync();
        await using var served = await CreateAsync(server);
        var cabinet = served.Ids[0];
        await using (var gate = await AdvisoryGate.CloseAsync(
            served.Database.Source, "rag_index_status", "BEFORE UPDATE WHEN (NEW.lease_owner IS NOT NULL AND OLD.lease_owner IS NULL)"))
        {
            await served.Process.PostAsync($"/api/v1/sync/cabinet/{cabinet}");
            await served.BecomesTrueAsync("SELECT count(last_success_at) >= 4 FROM wb_sync_cursors WHERE cabinet_id = $1", "four have been read", cabinet);
            await gate.SomebodyWaitsAsync();
            await served.KillAsync();
        }

        await served.StartAsync();
        Assert.True(await served.ScalarAsync<bool>("SELECT count(*) > 0 FROM rag_changes WHERE cabinet_id = $1", cabinet));
        await served.Process.SweepAsync();
        await served.BecomesTrueAsync(Indexed, "what was queued is indexed", sweeping: true, cabinet);
        await served.AssertIndexedAsync(cabinet);
        Assert.Null(await served.Process.Durable.FindAsync($"sync-{cabinet}"));
    }

    /// <summary>A cabinet whose empty index is complete, so that only the queue asks for a run.</summary>
    private static async Task<ServedCabinets> CreateAsync(MarketplaceServer server)
    {
        var settings = FakeMarketplaceHost.Addresses(server).Select(pair => (pair.Key.Replace(":", "__", StringComparison.Ordinal), pair.Value!));
        var served = await ServedCabinets.CreateAsync(
            0, 0, 0, [.. settings, ("Marketplace__TokenKey", Marketplace.StubbedServices.TokenKey), ("Runs__LeaseSeconds", "5")]);
        var shop = new Shop(new ShopOptions { Seed = 9, Start = DateTimeOffset.UtcNow, HistoryDays = 4, Products = 5, OrdersPerHour = 1, Refresh = TimeSpan.Zero });
        server.Add(shop);
        await using (var services = FakeMarketplaceHost.Build(served.Database.ConnectionString, server, TimeProvider.System))
        {
            var token = MarketplaceTokens.Create(shop.SellerId, TokenType.Personal, TokenScopes.Everything, DateTimeOffset.UtcNow.AddDays(180));
            served.Ids.Add(await services.GetRequiredService<CabinetStore>().AddAsync(token, "killed", seller: null, TestContext.Current.CancellationToken));
        }

        await served.StartAsync();
        await served.Process.PostAsync($"/v1/rag/index/{served.Ids[0]}");
        await served.BecomesIdleAsync(served.Ids[0]);
        return served;
    }
}
