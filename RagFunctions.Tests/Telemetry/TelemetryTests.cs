using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using RagFunctions.Core.Telemetry;
using RagFunctions.Tests.Infra;

namespace RagFunctions.Tests.Telemetry;

/// <summary>What a run tells, and that alerts and workbook ask for nothing else.</summary>
public sealed partial class TelemetryTests(RecordedRun recorded) : IClassFixture<RecordedRun>
{
    public static TheoryData<string, string[]> Metrics => new()
    {
        { "rag.cabinets", [] },
        { "rag.changes.queued", ["rag.cabinet.id"] },
        { "rag.chunks.failed", ["rag.cabinet.id"] },
        { "rag.chunks.pending", ["rag.cabinet.id"] },
        { "rag.embedding.cost", ["rag.cabinet.id"] },
        { "rag.embedding.inputs", ["rag.cabinet.id"] },
        { "rag.embedding.skipped", ["rag.cabinet.id"] },
        { "rag.index.lag", ["rag.cabinet.id"] },
        { "rag.rebuild.age", ["rag.cabinet.id"] },
        { "rag.runs", ["rag.cabinet.id", "rag.run.outcome"] },
        { "rag.step.duration", ["rag.step"] },
        { "gen_ai.client.operation.duration", ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "error.type"] },
        { "gen_ai.client.token.usage", ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model", "gen_ai.token.type"] },
        { "db.client.operation.duration", [] },
    };

    [Theory]
    [MemberData(nameof(Metrics))]
    public void A_collector_receives_the_metric_with_its_dimensions(string metric, string[] dimensions)
    {
        Assert.True(recorded.Metrics.ContainsKey(metric), $"{metric} is not among {string.Join(", ", recorded.Metrics.Keys.Order())}");
        Assert.Empty(dimensions.Except(recorded.Metrics[metric]));
        Assert.Contains(metric, recorded.Received["metrics"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("begin_round")]
    [InlineData("apply_changes")]
    [InlineData("plan_embedding")]
    [InlineData("embed_batch")]
    [InlineData("finish_round")]
    [InlineData("embeddings text-embedding-3-small")]
    public void A_collector_receives_the_span(string span)
    {
        Assert.Contains(recorded.Spans, found => found.DisplayName == span && found.Source.Name == RagTelemetry.Name);
        Assert.Contains(span, recorded.Received["traces"], StringComparison.Ordinal);
    }

    [Fact]
    public void A_request_for_embeddings_is_part_of_its_step_and_tells_model_and_tokens()
    {
        var step = recorded.Spans.First(span => span.DisplayName == "embed_batch");
        Assert.Equal(1L, step.GetTagItem("rag.cabinet.id"));
        var request = recorded.Spans.First(span => span.ParentSpanId == step.SpanId && span.DisplayName.StartsWith("embeddings ", StringComparison.Ordinal));
        Assert.Equal(("embeddings", "openai", "text-embedding-3-small"),
            (request.GetTagItem("gen_ai.operation.name"), request.GetTagItem("gen_ai.provider.name"), request.GetTagItem("gen_ai.request.model")));
        Assert.True((long)request.GetTagItem("gen_ai.usage.input_tokens")! > 0);
    }

    [Fact]
    public void A_refusal_by_the_quota_is_told_by_its_status() =>
        Assert.Contains("429", recorded.Values("gen_ai.client.operation.duration", "error.type"));

    [Fact]
    public void The_outcome_of_every_run_is_counted() =>
        Assert.Superset(new HashSet<string> { "completed", "waiting" }, recorded.Values("rag.runs", "rag.run.outcome"));

    [Fact]
    public void No_text_of_a_seller_and_no_key_is_sent()
    {
        Assert.NotEmpty(recorded.Received["traces"]);
        Assert.All(recorded.Received.Values, body =>
        {
            Assert.DoesNotContain(RecordedRun.Text, body, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(RecordedRun.ApiKey, body, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task Every_alert_asks_for_metrics_and_dimensions_that_are_recorded()
    {
        var rules = (await BicepCompiler.TemplateAsync()).Module("alerts")["variables"]!["rules"]!.AsObject();
        Assert.Equal(
            ["blocked", "failed-chunks", "failures", "lag", "no-rebuild", "silence", "throttled"], rules.Select(rule => rule.Key).Order(StringComparer.Ordinal));
        Assert.All(rules, rule => AssertRecorded((string)rule.Value!["query"]!));
    }

    [Fact]
    public void Every_chart_of_the_workbook_asks_for_metrics_and_dimensions_that_are_recorded()
    {
        var workbook = JsonNode.Parse(File.ReadAllText(Repository.PathOf("infra", "bicep", "modules", "workbook.json")))!;
        var queries = workbook["items"]!.AsArray().Select(item => (string?)item!["content"]!["query"]).OfType<string>().ToList();
        Assert.True(queries.Count >= 10);
        Assert.All(queries, AssertRecorded);
    }

    // AppRequests is the platform's own table: it has no metric.
    private void AssertRecorded(string query)
    {
        var table = Table().Match(query).Groups[1].Value;
        if (table == "AppRequests")
        {
            return;
        }

        Assert.Equal("AppMetrics", table);
        var metric = MetricName().Match(query).Groups[1].Value;
        Assert.True(recorded.Metrics.ContainsKey(metric), $"{metric} is not recorded: {query}");
        Assert.All(Dimension().Matches(query).Select(match => match.Groups[1].Value), dimension => Assert.Contains(dimension, recorded.Metrics[metric]));
    }

    [GeneratedRegex(@"(App\w+) \|")]
    private static partial Regex Table();

    [GeneratedRegex("Name == \"([^\"]+)\"")]
    private static partial Regex MetricName();

    [GeneratedRegex(@"Properties\[""([^""]+)""\]")]
    private static partial Regex Dimension();
}
