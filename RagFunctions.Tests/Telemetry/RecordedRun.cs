using System.Diagnostics;
using System.Text;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Core.Runs;
using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Marketplace;
using RagFunctions.Tests.Marketplace.Sync;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Telemetry;

/// <summary>
/// Local runs with everything that may go wrong in them, and a look at the gauges: sent to a collector, and kept here. A good run, one
/// with a refused text that the provider quotes, one that the quota holds up, one with a key that is refused. And a sync: an entity read and
/// then held up by its limit, another that the token does not open.
/// </summary>
public sealed class RecordedRun : IAsyncLifetime
{
    private readonly List<Activity> _spans = [];
    private readonly List<Metric> _metrics = [];
    private readonly Dictionary<(string Metric, string Dimension), HashSet<string>> _values = [];
    private readonly Dictionary<string, IReadOnlyList<byte[]>> _received = [];

    /// <summary>Metric name to its unit and the names of its dimensions.</summary>
    public Dictionary<string, (string Unit, HashSet<string> Dimensions)> Metrics { get; } = [];

    /// <summary>Spans of the run itself, the databases' among them.</summary>
    public IReadOnlyList<Activity> Spans => _spans;

    /// <summary>Values of a dimension of a metric.</summary>
    public HashSet<string> Values(string metric, string dimension) => _values[(metric, dimension)];

    /// <summary>What the collector received of <c>traces</c>, <c>metrics</c> or <c>logs</c>: distinct names, sorted.</summary>
    public IReadOnlyList<string> Names(string signal, Func<byte[], IEnumerable<string>> names) =>
        [.. _received[signal].SelectMany(names).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>What the collector received of a signal, as text: strings stand in protobuf as they are.</summary>
    public string Body(string signal) => string.Concat(_received[signal].Select(Encoding.UTF8.GetString));

    public async ValueTask InitializeAsync()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using var marketplace = await StubMarketplace.StartAsync();
        marketplace.Answer(SyncWorld.Sales, "[]").Answer(SyncWorld.Orders, "{}", 403);
        var settings = TelemetryScene.To(collector);
        settings["Marketplace:StatisticsUrl"] = marketplace.Url;
        await using (var scene = await TelemetryScene.StartAsync(settings, services => services
            .ConfigureOpenTelemetryMeterProvider(metrics => metrics.AddInMemoryExporter(_metrics))
            .ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddInMemoryExporter(_spans))))
        {
            await scene.AddProductsAsync(1, 1);
            Assert.Equal(RunOutcome.Completed, (await scene.RunAsync()).Outcome);

            scene.Provider.Behaviour = request => request.Inputs.Any(text => text.Contains(TelemetryScene.Text, StringComparison.Ordinal))
                ? FakeAnswer.Error(400, "invalid_request", $"not fit: {request.Inputs[0]}")
                : null;
            await scene.AddProductsAsync(2, 2);
            Assert.Equal(RunOutcome.CompletedWithErrors, (await scene.RunAsync()).Outcome);

            scene.Provider.Behaviour = _ => FakeAnswer.Error(401, "invalid_api_key", $"Incorrect API key provided: {TelemetryScene.ApiKey}");
            await scene.AddProductsAsync(3, 3);
            Assert.Equal(RunOutcome.Failed, (await scene.RunAsync()).Outcome);

            scene.Provider.Behaviour = _ => FakeAnswer.TooManyRequests(300);
            await scene.Database.Source.ExecuteAsync("UPDATE rag_index_status SET embedding_not_before = NULL");
            Assert.Equal(RunOutcome.Waiting, (await scene.RunAsync()).Outcome);

            await scene.Database.Source.ExecuteAsync("INSERT INTO rag_budgets (cabinet_id, daily_usd) VALUES (1, 1)");
            await scene.SyncAsync(SyncEntity.Sales, SyncEntity.Sales, SyncEntity.Orders);
            await scene.LookAsync();
            scene.Flush();
            _metrics.ForEach(Keep);
        }

        foreach (var signal in new[] { "traces", "metrics", "logs" })
        {
            _received[signal] = collector.Received(signal);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Keep(Metric metric)
    {
        if (!Metrics.TryGetValue(metric.Name, out var known))
        {
            Metrics.Add(metric.Name, known = (metric.Unit, []));
        }

        foreach (ref readonly var point in metric.GetMetricPoints())
        {
            foreach (var tag in point.Tags)
            {
                known.Dimensions.Add(tag.Key);
                if (!_values.TryGetValue((metric.Name, tag.Key), out var values))
                {
                    _values.Add((metric.Name, tag.Key), values = []);
                }

                values.Add($"{tag.Value}");
            }
        }
    }
}
