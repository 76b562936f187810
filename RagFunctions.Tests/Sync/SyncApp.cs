using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using RagFunctions.Core.Marketplace.Cabinets;
using RagFunctions.Core.Store;
using RagFunctions.Dev.Fakes.Marketplace;
using RagFunctions.Dev.Fakes.Marketplace.Shops;
using RagFunctions.Dev.Fakes.Marketplace.Tokens;
using RagFunctions.Tests.Dev.LocalHost;
using RagFunctions.Tests.Marketplace;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Sync;

/// <summary>The whole app on the local host, chaos on, before the marketplace fake; one clock for both, moved by the test.</summary>
internal sealed class SyncApp : IAsyncDisposable
{
    public const string OperatorKey = RunningApp.OperatorKey;
    public const string LimitedKey = "key-of-the-first-cabinet";

    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    // Twice as fast as the real time that passes between two looks: durable timers run by real time, the limits they wait for by this.
    private static readonly TimeSpan StepWhileWaiting = TimeSpan.FromMilliseconds(20);

    private readonly RunningApp _app;

    private SyncApp(TestDatabase database, MarketplaceServer server, FakeTimeProvider time, RunningApp app)
    {
        Database = database;
        Server = server;
        Time = time;
        _app = app;
    }

    public TestDatabase Database { get; }

    public MarketplaceServer Server { get; }

    public FakeTimeProvider Time { get; }

    public DurableApi Durable => _app.Durable;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<SyncApp> StartAsync()
    {
        var database = await TestDatabase.CreateAsync();
        var time = new FakeTimeProvider(new ShopOptions().Start);
        var server = await MarketplaceServer.StartAsync(new MarketplaceServerOptions { Time = time });
        var app = await RunningApp.StartAsync(
            database,
            time,
            [
                .. FakeMarketplaceHost.Addresses(server).Select(address => (address.Key, address.Value!)),
                ("Marketplace:TokenKey", Marketplace.StubbedServices.TokenKey),
                ("Api:Keys:1:Key", LimitedKey),
                ("Api:Keys:1:Cabinets", "1, 77"),
                ("LocalHost:Chaos", "true"),
                ("SyncSchedule", "0 */15 * * * *"),
            ]);
        return new SyncApp(database, server, time, app);
    }

    /// <summary>Opens a shop and a cabinet with its token.</summary>
    public async Task<(long Cabinet, Shop Shop)> AddShopAsync(int seed, TokenScopes categories = TokenScopes.Everything)
    {
        var shop = new Shop(new ShopOptions { Seed = seed, HistoryDays = 6, Products = 6, OrdersPerHour = 1, Refresh = TimeSpan.Zero });
        Server.Add(shop);
        var token = MarketplaceTokens.Create(shop.SellerId, TokenType.Personal, categories, Time.GetUtcNow().AddDays(180));
        return (await _app.Host.Services.GetRequiredService<CabinetStore>().AddAsync(token, shop.Options.Name, seller: null, Stop), shop);
    }

    /// <summary>Time passes in the shops and for the app, which may do what falls due; not further than the given span.</summary>
    public void Pass(TimeSpan span)
    {
        Server.AdvanceShopsTo(Time.GetUtcNow() + span);
        Time.Advance(span);
    }

    /// <summary>
    /// Lets the app's clock run, while the shops stand still, until something has become so. It stands while activities are at work, or
    /// hours would pass over them.
    /// </summary>
    public Task BecomesTrueAsync(Func<Task<bool>> condition, string what) => Condition.BecomesTrueAsync(
        async () =>
        {
            if (await condition())
            {
                return true;
            }

            if (_app.Host.ActivitiesAtWork == 0)
            {
                Time.Advance((await Durable.LiveAsync()).Length == 0 ? Step : StepWhileWaiting);
            }

            return false;
        },
        what);

    public Task EndsAsync(string instance) => BecomesTrueAsync(() => Durable.HasEndedAsync(instance), $"{instance} has ended");

    public Task NothingRunsAsync() => BecomesTrueAsync(async () => (await Durable.LiveAsync()).Length == 0, "nothing runs");

    public Task<JsonNode> OutputAsync(string instance) => Durable.OutputAsync(instance);

    /// <summary>Index and tables agree, and no change waits.</summary>
    public async Task AssertIndexedAsync(long cabinet)
    {
        var report = await new IndexVerifier(Database.Main, Database.Rag).VerifyAsync(cabinet, Time.GetUtcNow(), examples: 3, Stop);
        Assert.True(report.IsClean, $"{report} {string.Join("; ", report.Examples)}");
        Assert.True(report.Chunks > 0);
        Assert.Equal(0, await CountAsync($"SELECT count(*) FROM rag_changes WHERE cabinet_id = {cabinet}"));
    }

    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? key = OperatorKey, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        if (key is not null)
        {
            request.Headers.Add("X-API-KEY", key);
        }

        return await _app.Http.SendAsync(request, Stop);
    }

    public Task FireAsync(string timer) => Durable.FireAsync(timer);

    public async Task<long> CountAsync(string sql)
    {
        await using var command = Database.Source.CreateCommand(sql);
        return Convert.ToInt64(await command.ExecuteScalarAsync(Stop), CultureInfo.InvariantCulture);
    }

    public async Task<List<string>> NamesAsync(string sql)
    {
        await using var command = Database.Source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(Stop);
        List<string> names = [];
        while (await reader.ReadAsync(Stop))
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        await Server.DisposeAsync();
        await Database.DisposeAsync();
    }
}
