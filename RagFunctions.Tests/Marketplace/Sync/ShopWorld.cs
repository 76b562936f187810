using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using RagFunctions.Core.Marketplace.Cabinets;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Dev.Fakes.Marketplace;
using RagFunctions.Dev.Fakes.Marketplace.Shops;
using RagFunctions.Dev.Fakes.Marketplace.Tokens;

namespace RagFunctions.Tests.Marketplace.Sync;

/// <summary>A shop that lives behind the marketplace fake, its cabinet in a database, and one worker that synchronises it.</summary>
internal sealed class ShopWorld : IAsyncDisposable
{
    private ShopWorld(Shop shop, FakeTimeProvider time, MarketplaceServer server, NpgsqlDataSource main, ServiceProvider services)
    {
        (Shop, Time, Server, Main, Services) = (shop, time, server, main, services);
    }

    public Shop Shop { get; }

    public FakeTimeProvider Time { get; }

    public MarketplaceServer Server { get; }

    /// <summary>The database, reached directly.</summary>
    public NpgsqlDataSource Main { get; }

    public ServiceProvider Services { get; }

    public long Cabinet { get; private set; }

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Opens the shop.</summary>
    /// <param name="options">The shop.</param>
    /// <param name="main">The database.</param>
    /// <param name="connection">How the worker reaches it.</param>
    /// <param name="type">What kind of token the cabinet has.</param>
    /// <param name="settings">Settings of <c>Marketplace:*</c>.</param>
    public static async Task<ShopWorld> StartAsync(
        ShopOptions options, NpgsqlDataSource main, string connection, TokenType type = TokenType.Personal,
        params (string Name, int Value)[] settings)
    {
        var shop = new Shop(options);
        var time = new FakeTimeProvider(shop.Now);
        var server = await MarketplaceServer.StartAsync(new MarketplaceServerOptions { Time = time, StatisticsRows = 100 });
        server.Add(shop);
        var world = new ShopWorld(shop, time, server, main, FakeMarketplaceHost.Build(connection, server, time, [("StatisticsCutRows", 90), .. settings]));
        world.Cabinet = await world.Services.GetRequiredService<CabinetStore>().AddAsync(
            MarketplaceTokens.Create(shop.SellerId, type, TokenScopes.Everything, shop.Now.AddDays(180)), options.Name, seller: null, Ct);
        return world;
    }

    /// <summary>Time passes for everybody.</summary>
    public void Advance(TimeSpan by)
    {
        Time.Advance(by);
        Server.AdvanceShopsTo(Time.GetUtcNow());
    }

    /// <summary>
    /// Runs everything that is due to its end; waits are lived through. The shop stands still meanwhile, so that the end can be compared.
    /// </summary>
    public async Task<IReadOnlyList<EntitySyncResult>> SyncAsync()
    {
        List<EntitySyncResult> results = [];
        var due = await Services.GetRequiredService<SyncPlanner>().DueAsync(Cabinet, Ct);
        Queue<SyncEntity> left = new(due.SelectMany(one => one.Entities));
        while (left.TryDequeue(out var entity))
        {
            var result = await Services.GetRequiredService<EntitySync>().RunAsync(Cabinet, entity, askedAt: null, Ct);
            results.Add(result);
            if (result is { Status: EntitySyncStatus.Waiting, WaitUntil: { } until })
            {
                left.Enqueue(entity);
                PassTo(until);
            }
        }

        return results;
    }

    /// <summary>Only the clock of limits and due times moves on.</summary>
    public void PassTo(DateTimeOffset until)
    {
        if (until > Time.GetUtcNow())
        {
            Time.Advance(until - Time.GetUtcNow());
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Services.DisposeAsync();
        await Server.DisposeAsync();
    }
}
