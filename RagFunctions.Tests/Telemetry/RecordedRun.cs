using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using RagFunctions.Core;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Telemetry;
using RagFunctions.Fakes.Embeddings;
using RagFunctions.Tests.Postgres;
using RagFunctions.Tests.Runs;

namespace RagFunctions.Tests.Telemetry;

/// <summary>
/// Two local runs, a good one and one that the embedder's quota holds up, and a look at the gauges: sent to a collector, and kept here.
/// </summary>
public sealed class RecordedRun : IAsyncLifetime
{
    /// <summary>What must never be seen in telemetry.</summary>
    public const string Text = "Secretive_samovar";

    public const string ApiKey = "key-nobody-may-see";

    private const string InsertProduct = "INSERT INTO wb_products (cabinet_id, nm_id, name) SELECT id, $1, $2 FROM wb_cabinets";

    private readonly List<Activity> _spans = [];
    private readonly List<Metric> _metrics = [];

    /// <summary>Metric name to the names of its dimensions.</summary>
    public Dictionary<string, HashSet<string>> Metrics { get; } = [];

    /// <summary>Spans of the run itself, the databases' among them.</summary>
    public IReadOnlyList<Activity> Spans => _spans;

    /// <summary>Values of a dimension of a metric.</summary>
    public HashSet<string> Values(string metric, string dimension) => _values[(metric, dimension)];

    private readonly Dictionary<(string Metric, string Dimension), HashSet<string>> _values = [];

    /// <summary>What the collector received, by signal.</summary>
    public Dictionary<string, string> Received { get; } = [];

    public async ValueTask InitializeAsync()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var provider = await FakeEmbeddingsServer.StartAsync();
        await using var collector = await OtlpCollector.StartAsync();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:Main"] = database.ConnectionString,
            ["ConnectionStrings:Rag"] = database.ConnectionString,
            ["Embeddings:Provider"] = "openai",
            ["Embeddings:Endpoint"] = provider.BaseUrl.ToString(),
            ["Embeddings:ApiKey"] = ApiKey,
            ["Embeddings:RetryDelayMilliseconds"] = "1",
            ["Telemetry:Exporter"] = "otlp",
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Address,
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        }).Build();
        await using (var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration)
            .AddLogging()
            .AddRagCore(configuration)
            .AddSingleton<IRunStarter>(new StubStarter())
            .ConfigureOpenTelemetryMeterProvider(metrics => metrics.AddInMemoryExporter(_metrics))
            .ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddInMemoryExporter(_spans))
            .BuildServiceProvider())
        {
            var tracing = services.GetRequiredService<TracerProvider>();
            var metrics = services.GetRequiredService<MeterProvider>();
            await database.Source.ExecuteAsync("INSERT INTO wb_cabinets (id, api_key, name) VALUES (1, 'k', 'n')");
            await AddProductAsync(database, 1);
            await RunAsync(services);

            provider.Behaviour = _ => FakeAnswer.TooManyRequests(300);
            await AddProductAsync(database, 2);
            await database.Source.ExecuteAsync("INSERT INTO rag_changes (cabinet_id, source_table, source_id) SELECT 1, 'wb_products', max(id) FROM wb_products");
            await RunAsync(services);
            await services.GetRequiredService<IndexGauges>().RecordAsync(TestContext.Current.CancellationToken);

            Assert.True(tracing.ForceFlush());
            Assert.True(metrics.ForceFlush());
            _metrics.ForEach(Keep);
        }

        foreach (var signal in new[] { "traces", "metrics" })
        {
            Received[signal] = collector.Received(signal);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static async Task RunAsync(ServiceProvider services) =>
        await services.GetRequiredService<InProcessDriver>().RunAsync(1, progress: null, TestContext.Current.CancellationToken);

    private static async Task AddProductAsync(TestDatabase database, long article)
    {
        await using var command = database.Source.CreateCommand(InsertProduct);
        command.Parameters.AddWithValue(article);
        command.Parameters.AddWithValue($"{Text} {article}");
        await command.ExecuteNonQueryAsync();
    }

    private void Keep(Metric metric)
    {
        if (!Metrics.TryGetValue(metric.Name, out var dimensions))
        {
            Metrics.Add(metric.Name, dimensions = []);
        }

        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            foreach (var tag in point.Tags)
            {
                dimensions.Add(tag.Key);
                if (!_values.TryGetValue((metric.Name, tag.Key), out var values))
                {
                    _values.Add((metric.Name, tag.Key), values = []);
                }

                values.Add($"{tag.Value}");
            }
        }
    }
}
