using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using RagFunctions.Core;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Telemetry;
using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Postgres;
using RagFunctions.Tests.Runs;

namespace RagFunctions.Tests.Telemetry;

/// <summary>A cabinet, a provider of embeddings and a receiver of telemetry: whatever is done here is recorded.</summary>
internal sealed class TelemetryScene : IAsyncDisposable
{
    /// <summary>What must never be seen in telemetry: a text of a seller, the provider's key, a marketplace token.</summary>
    public const string Text = "Secretive_samovar";

    public const string ApiKey = "key-nobody-may-see";

    public const string MarketplaceToken = "marketplace-token-nobody-may-see";

    private const string InsertProducts =
        "INSERT INTO wb_products (cabinet_id, nm_id, name) SELECT 1, 1000 + n, $1 || ' ' || n FROM generate_series($2, $3) AS n";

    private readonly ServiceProvider _services;

    private TelemetryScene(TestDatabase database, FakeEmbeddingsServer provider, ServiceProvider services)
    {
        Database = database;
        Provider = provider;
        _services = services;
    }

    public TestDatabase Database { get; }

    public FakeEmbeddingsServer Provider { get; }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Settings that send telemetry to Azure Monitor, as in the cloud.</summary>
    public static Dictionary<string, string?> To(MonitorIngestion ingestion) => new()
    {
        ["Telemetry:Exporter"] = "azuremonitor",
        [TelemetryOptions.ConnectionStringSetting] = ingestion.ConnectionString,
    };

    /// <summary>Settings that send telemetry to a collector.</summary>
    public static Dictionary<string, string?> To(OtlpCollector collector) => new()
    {
        ["Telemetry:Exporter"] = "otlp",
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
    };

    /// <summary>A loopback address takes no token, and what it cannot take is not kept for later.</summary>
    public static void WithoutSignIn(IServiceCollection services) => services.PostConfigureAll<AzureMonitorExporterOptions>(options =>
    {
        options.Credential = null;
        options.DisableOfflineStorage = true;
    });

    public static async Task<TelemetryScene> StartAsync(Dictionary<string, string?> settings, Action<IServiceCollection>? more = null)
    {
        var database = await TestDatabase.CreateAsync();
        var provider = await FakeEmbeddingsServer.StartAsync();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(settings).AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:Main"] = database.ConnectionString,
            ["ConnectionStrings:Rag"] = database.ConnectionString,
            ["Embeddings:Provider"] = "openai",
            ["Embeddings:Endpoint"] = provider.BaseUrl.ToString(),
            ["Embeddings:ApiKey"] = ApiKey,
            ["Embeddings:RetryDelayMilliseconds"] = "1",
        }).Build();
        var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration)
            .AddLogging()
            .AddRagCore(configuration)
            .AddSingleton<IRunStarter>(new StubStarter());
        WithoutSignIn(services);
        more?.Invoke(services);
        var scene = new TelemetryScene(database, provider, services.BuildServiceProvider());
        // Providers listen from the moment they are made; the host would make them at start.
        scene._services.GetRequiredService<TracerProvider>();
        scene._services.GetRequiredService<MeterProvider>();
        // As the app does it: statements stand in spans, their parameters do not.
        await using var insert = database.Source.CreateCommand("INSERT INTO wb_cabinets (id, api_key, name) VALUES (1, $1, 'n')");
        insert.Parameters.AddWithValue(MarketplaceToken);
        await insert.ExecuteNonQueryAsync(Stop);
        return scene;
    }

    /// <summary>Adds products and queues them.</summary>
    public async Task AddProductsAsync(int first, int last, string name = Text)
    {
        await using (var insert = Database.Source.CreateCommand(InsertProducts))
        {
            insert.Parameters.AddWithValue(name);
            insert.Parameters.AddWithValue(first);
            insert.Parameters.AddWithValue(last);
            await insert.ExecuteNonQueryAsync(Stop);
        }

        await Database.Source.ExecuteAsync($"""
            INSERT INTO rag_changes (cabinet_id, source_table, source_id)
            SELECT 1, 'wb_products', id FROM wb_products WHERE nm_id BETWEEN {1000 + first} AND {1000 + last}
            """);
    }

    /// <summary>A whole run; the first one is full.</summary>
    public async Task<RunSummary> RunAsync() =>
        await _services.GetRequiredService<InProcessDriver>().RunAsync(1, progress: null, Stop);

    /// <summary>A run that compares everything.</summary>
    public async Task<RunSummary> RebuildAsync()
    {
        await _services.GetRequiredService<IndexRequests>().StoreAsync(1, RunMode.Full, allowMassDelete: false, Stop);
        return await RunAsync();
    }

    /// <summary>The steps of a sync that a person asks for, these entities one after the other.</summary>
    public async Task SyncAsync(params SyncEntity[] entities)
    {
        var steps = _services.GetRequiredService<SyncSteps>();
        await steps.PlanAsync(new SyncPlanInput(1), Stop);
        foreach (var entity in entities)
        {
            await steps.SyncAsync(new SyncStepInput(1, entity, DateTimeOffset.UtcNow), Stop);
        }

        await steps.StartIndexAsync(new StartSyncedInput(1, 1), Stop);
    }

    /// <summary>What the sweep does every minute.</summary>
    public Task LookAsync() => _services.GetRequiredService<IndexGauges>().RecordAsync(Stop);

    /// <summary>Sends what is still held back.</summary>
    public void Flush() => Flush(_services);

    public static void Flush(IServiceProvider services)
    {
        Assert.True(services.GetRequiredService<TracerProvider>().ForceFlush());
        Assert.True(services.GetRequiredService<MeterProvider>().ForceFlush());
        Assert.True(services.GetRequiredService<LoggerProvider>().ForceFlush());
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        await Provider.DisposeAsync();
        await Database.DisposeAsync();
    }
}
