using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Time.Testing;
using RagFunctions.Core.Marketplace.Cabinets;
using RagFunctions.Core.Store;
using RagFunctions.Fakes.Marketplace;
using RagFunctions.Fakes.Marketplace.Shops;
using RagFunctions.Fakes.Marketplace.Tokens;
using RagFunctions.LocalHost;
using RagFunctions.LocalHost.Http;
using RagFunctions.Tests.LocalHost;
using RagFunctions.Tests.Marketplace;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Sync;

/// <summary>The whole app on the local host, chaos on, before the marketplace fake; one clock for both, moved by the test.</summary>
internal sealed class SyncApp : IAsyncDisposable
{
    public const string OperatorKey = "operator-key-number-1";
    public const string LimitedKey = "key-of-the-first-cabinet";

    private const string ActivitiesAtWork = """
        SELECT count(*) FROM local_host.instances AS i JOIN local_host.history AS asked ON asked.execution_id = i.execution_id
        WHERE i.status IN ('Pending', 'Running') AND asked.kind = 'ActivityScheduled' AND NOT EXISTS (
            SELECT FROM local_host.history AS done
            WHERE done.execution_id = asked.execution_id AND done.task_id = asked.task_id AND done.kind IN ('ActivityCompleted', 'ActivityFailed'))
        """;

    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    private readonly WebApplication _app;

    private SyncApp(TestDatabase database, MarketplaceServer server, FakeTimeProvider time, WebApplication app)
    {
        Database = database;
        Server = server;
        Time = time;
        _app = app;
        Http = new HttpClient { BaseAddress = new Uri(app.Services.GetRequiredService<ManagementAddress>().Base) };
    }

    public TestDatabase Database { get; }

    public MarketplaceServer Server { get; }

    public FakeTimeProvider Time { get; }

    public HttpClient Http { get; }

    public DurableTaskClient Client => _app.Services.GetRequiredService<DurableTaskClient>();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public static async Task<SyncApp> StartAsync()
    {
        var database = await TestDatabase.CreateAsync();
        var time = new FakeTimeProvider(new ShopOptions().Start);
        var server = await MarketplaceServer.StartAsync(new MarketplaceServerOptions { Time = time });
        var settings = FakeMarketplaceHost.Addresses(server);
        foreach (var (name, value) in (IEnumerable<(string, string)>)
        [
            ("ConnectionStrings:Main", database.ConnectionString),
            ("ConnectionStrings:Rag", database.ConnectionString),
            ("Embeddings:Provider", "offline"),
            ("Marketplace:TokenKey", Marketplace.MarketplaceHost.TokenKey),
            ("Api:Keys:0:Key", OperatorKey),
            ("Api:Keys:1:Key", LimitedKey),
            ("Api:Keys:1:Cabinets", "1, 77"),
            ("LocalHost:Port", "0"),
            ("LocalHost:Chaos", "true"),
            // Whatever is indexed here, the sync has started it.
            ("SweepSchedule", "0 0 0 1 1 *"),
            ("Logging:LogLevel:Default", "None"),
        ])
        {
            settings[name] = value;
        }

        var app = LocalApp.Build(
            new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(time)));
        await app.StartAsync(Stop);
        return new SyncApp(database, server, time, app);
    }

    /// <summary>Opens a shop and a cabinet with its token.</summary>
    public async Task<(long Cabinet, Shop Shop)> AddShopAsync(int seed, TokenCategories categories = TokenCategories.Everything)
    {
        var shop = new Shop(new ShopOptions { Seed = seed, HistoryDays = 6, Products = 6, OrdersPerHour = 1, Refresh = TimeSpan.Zero });
        Server.Add(shop);
        var token = MarketplaceTokens.Create(shop.SellerId, TokenType.Personal, categories, Time.GetUtcNow().AddDays(180));
        return (await _app.Services.GetRequiredService<CabinetStore>().AddAsync(token, shop.Options.Name, Stop), shop);
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

            if (await CountAsync(ActivitiesAtWork) == 0)
            {
                Time.Advance(Step);
            }

            return false;
        },
        what);

    public Task EndsAsync(string instance) => BecomesTrueAsync(
        async () => await CountAsync($"SELECT count(*) FROM local_host.instances WHERE instance_id = '{instance}' AND status NOT IN ('Pending', 'Running')") == 1,
        $"{instance} has ended");

    public Task NothingRunsAsync() => BecomesTrueAsync(
        async () => await CountAsync("SELECT count(*) FROM local_host.instances WHERE status IN ('Pending', 'Running')") == 0, "nothing runs");

    public async Task<JsonNode> OutputAsync(string instance)
    {
        var metadata = await Client.GetInstanceAsync(instance, getInputsAndOutputs: true, Stop);
        Assert.True(metadata?.RuntimeStatus == OrchestrationRuntimeStatus.Completed, $"{instance}: {metadata?.RuntimeStatus} {metadata?.SerializedOutput}");
        return JsonNode.Parse(metadata!.SerializedOutput!)!;
    }

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

        return await Http.SendAsync(request, Stop);
    }

    public async Task FireAsync(string timer)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/admin/functions/{timer}");
        request.Headers.Add("x-functions-key", _app.Services.GetRequiredService<ManagementAddress>().Key);
        using var answer = await Http.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }

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
        Http.Dispose();
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
        await Server.DisposeAsync();
        await Database.DisposeAsync();
    }
}
