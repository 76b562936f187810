using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using RagFunctions.Cli;
using RagFunctions.Core;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Cabinets;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Search;
using RagFunctions.Dev.Fakes.Marketplace;
using RagFunctions.Dev.Fakes.Marketplace.Shops;
using RagFunctions.Dev.Fakes.Marketplace.Tokens;

namespace RagFunctions.Dev.Questions;

/// <summary>
/// The shop that the kept questions are about, read by the real sync and indexed with the offline embedder. The same shop at the same instant
/// gives the same rows with the same ids in every database that is new.
/// </summary>
internal sealed class QuestionShop : IAsyncDisposable
{
    private static readonly ShopOptions Options = new()
    {
        Seed = 16,
        Name = "Магазин вопросов",
        Start = new DateTimeOffset(2026, 11, 22, 9, 0, 0, TimeSpan.Zero),
        HistoryDays = 80,
        Products = 60,
        OrdersPerHour = 1,
        ReviewShare = 0.25,
    };

    private readonly MarketplaceServer _server;
    private readonly ServiceProvider _services;

    private QuestionShop(Shop shop, MarketplaceServer server, ServiceProvider services) => (Shop, _server, _services) = (shop, server, services);

    /// <summary>The truth.</summary>
    public Shop Shop { get; }

    /// <summary>Its cabinet.</summary>
    public long CabinetId { get; private set; }

    /// <summary>The search over its index, at the shop's present.</summary>
    public IndexSearch Search => _services.GetRequiredService<IndexSearch>();

    /// <summary>The database that it was read into.</summary>
    public MainDatabase Main => _services.GetRequiredService<MainDatabase>();

    /// <summary>Reads the shop and indexes it.</summary>
    /// <param name="connectionString">A database with both schemas and nothing else.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="CliException">The sync or the run did not end well.</exception>
    public static async Task<QuestionShop> IndexAsync(string connectionString, CancellationToken cancellationToken)
    {
        var time = new FakeTimeProvider(Options.Start);
        var shop = new Shop(Options);
        var server = await MarketplaceServer.StartAsync(new MarketplaceServerOptions { Time = time, EnforcesLimits = false, LimitHeaders = false });
        server.Add(shop);
        var world = new QuestionShop(shop, server, Services(connectionString, server, time));
        try
        {
            var token = MarketplaceTokens.Create(shop.SellerId, TokenType.Personal, TokenScopes.Sync, shop.Now.AddDays(180));
            world.CabinetId = await world._services.GetRequiredService<CabinetStore>().AddAsync(token, Options.Name, seller: null, cancellationToken);
            await world.SyncAsync(time, cancellationToken);
            await world.IndexAsync(cancellationToken);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await _server.DisposeAsync();
    }

    private static ServiceProvider Services(string connectionString, MarketplaceServer server, TimeProvider time)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(server.Settings).AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:Main"] = connectionString,
            ["ConnectionStrings:Rag"] = connectionString,
            ["Embeddings:Provider"] = "offline",
            ["Marketplace:TokenKey"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
        }).Build();
        return new ServiceCollection().AddLogging().AddRagCore(settings).AddSingleton(time).BuildServiceProvider();
    }

    // One entity after the other, in the order in which they are best started, so that ids do not depend on who is quicker.
    private async Task SyncAsync(FakeTimeProvider time, CancellationToken cancellationToken)
    {
        foreach (var entity in SyncEntityNames.All)
        {
            EntitySyncResult result;
            while ((result = await _services.GetRequiredService<EntitySync>().RunAsync(CabinetId, entity, evenIfNotDue: true, cancellationToken)) is
                { Status: EntitySyncStatus.Waiting, WaitUntil: { } until })
            {
                time.Advance(until - time.GetUtcNow());
            }

            if (result.Status != EntitySyncStatus.Ok)
            {
                throw new CliException($"The sync of {entity.Name()} ended {result.Status}: {result.Reason}");
            }
        }
    }

    private async Task IndexAsync(CancellationToken cancellationToken)
    {
        await _services.GetRequiredService<IndexRequests>().StoreAsync(CabinetId, RunMode.Full, allowMassDelete: false, cancellationToken);
        var run = await _services.GetRequiredService<InProcessDriver>().RunAsync(CabinetId, progress: null, cancellationToken);
        if (run.Outcome != RunOutcome.Completed)
        {
            throw new CliException($"The run ended {run.Outcome}: {run.Message}");
        }
    }
}
