using RagFunctions.Core;

namespace RagFunctions.Tests.Telemetry;

/// <summary>What a run tells, by name.</summary>
[Collection(AloneDefinition.Name)]
public sealed class TelemetryTests(RecordedRun recorded, RecordedConditions conditions) : IClassFixture<RecordedRun>
{
    private static readonly string[] Cabinet = ["rag.cabinet.id"];
    private static readonly string[] Request = ["gen_ai.operation.name", "gen_ai.provider.name", "gen_ai.request.model"];

    public static TheoryData<string, string, string[]> Metrics => new()
    {
        { "rag.cabinets", "{cabinet}", [] },
        { "rag.changes.queued", "{change}", Cabinet },
        { "rag.chunks.failed", "{chunk}", Cabinet },
        { "rag.chunks.pending", "{chunk}", Cabinet },
        { "rag.embedding.budget.used", "1", Cabinet },
        { "rag.embedding.cost", "{USD}", Cabinet },
        { "rag.embedding.inputs", "{text}", Cabinet },
        { "rag.embedding.lost", "{request}", Cabinet },
        { "rag.embedding.skipped", "{chunk}", Cabinet },
        { "rag.embedding.spent", "{USD}", Cabinet },
        { "rag.index.lag", "s", Cabinet },
        { "rag.marketplace.wait", "s", [.. Cabinet, "rag.marketplace.method"] },
        { "rag.rebuild.age", "s", Cabinet },
        { "rag.runs", "{run}", [.. Cabinet, "rag.run.outcome"] },
        { "rag.step.duration", "s", ["rag.step"] },
        { "rag.syncs", "{step}", [.. Cabinet, "rag.sync.entity", "rag.sync.outcome"] },
        { "rag.verify.differences", "{chunk}", [.. Cabinet, "rag.difference.kind"] },
        { "gen_ai.client.operation.duration", "s", [.. Request, "error.type"] },
        { "gen_ai.client.token.usage", "{token}", [.. Request, "gen_ai.token.type"] },
    };

    [Theory]
    [Trait("Guarantee", "told")]
    [MemberData(nameof(Metrics))]
    public void A_metric_has_its_unit_and_its_dimensions_and_no_others(string metric, string unit, string[] dimensions)
    {
        var (recordedUnit, recordedDimensions) = recorded.Metrics[metric];
        Assert.Equal(unit, recordedUnit);
        Assert.Equal(dimensions.Order(), recordedDimensions.Order());
    }

    [Fact]
    public void A_collector_receives_these_metrics_and_those_of_the_databases()
    {
        var names = recorded.Names("metrics", OtlpMessage.Metrics);
        TestContext.Current.SendDiagnosticMessage("metrics: {0}", string.Join(", ", names));
        Assert.Equal(Metrics.Select(row => row.Data.Item1).Order(StringComparer.Ordinal), names.Where(name => !name.StartsWith("db.client.", StringComparison.Ordinal)));
        Assert.Contains("db.client.operation.duration", names);
        Assert.Contains("db.client.connection.count", names);
    }

    [Fact]
    [Trait("Guarantee", "told")]
    public void A_collector_receives_spans_of_steps_requests_and_statements()
    {
        var names = recorded.Names("traces", OtlpMessage.Spans);
        TestContext.Current.SendDiagnosticMessage("spans: {0}", string.Join(", ", names));
        string[] own =
        [
            "apply_changes", "begin_round", "embed_batch", "embeddings text-embedding-3-small", "finish_round", "marketplace orders", "marketplace sales",
            "plan_embedding", "plan_sync", "start_index", "sync_entity",
        ];
        Assert.Empty(own.Except(names));
        Assert.Equal(own, recorded.Spans.Where(span => span.Source.Name == RagTelemetry.Name).Select(span => span.DisplayName).Distinct().Order(StringComparer.Ordinal));
        Assert.Contains(recorded.Spans, span => span.Source.Name == "Npgsql");
    }

    [Fact]
    public void A_collector_receives_the_log_with_the_names_of_its_events()
    {
        var events = recorded.Names("logs", OtlpMessage.LogEvents);
        var categories = recorded.Names("logs", OtlpMessage.LogCategories);
        TestContext.Current.SendDiagnosticMessage("logs: {0} of {1}", string.Join(", ", events), string.Join(", ", categories));
        Assert.Empty(new[] { "Ended", "FullStarted", "ProviderStops", "ProviderWaits", "TextRefused" }.Except(events));
        Assert.Contains("RagFunctions.Core.Runs.RoundFinisher", categories);
    }

    [Fact]
    public void An_embeddings_request_is_traced_in_its_step_with_model_and_tokens()
    {
        var step = recorded.Spans.First(span => span.DisplayName == "embed_batch");
        Assert.Equal(1L, step.GetTagItem("rag.cabinet.id"));
        Assert.True(Guid.TryParse((string)step.GetTagItem("rag.run.id")!, out _));
        var request = recorded.Spans.First(span => span.ParentSpanId == step.SpanId && span.DisplayName.StartsWith("embeddings ", StringComparison.Ordinal));
        Assert.Equal(("embeddings", "openai", "text-embedding-3-small"),
            (request.GetTagItem("gen_ai.operation.name"), request.GetTagItem("gen_ai.provider.name"), request.GetTagItem("gen_ai.request.model")));
        Assert.True((long)request.GetTagItem("gen_ai.usage.input_tokens")! > 0);
    }

    [Fact]
    [Trait("Guarantee", "told")]
    public void A_refused_request_tells_its_status_in_metric_and_span()
    {
        Assert.Equal(["400", "401", "429"], recorded.Values("gen_ai.client.operation.duration", "error.type").Order());
        Assert.Equal(
            ["400", "401", "429"],
            recorded.Spans.Where(span => span.DisplayName.StartsWith("embeddings ", StringComparison.Ordinal))
                .Select(span => (string?)span.GetTagItem("error.type")).OfType<string>().Distinct().Order());
    }

    [Fact]
    public void A_marketplace_call_is_traced_in_its_step_waits_without_error()
    {
        var calls = recorded.Spans.Where(span => span.DisplayName.StartsWith("marketplace ", StringComparison.Ordinal)).ToList();
        Assert.Equal(["sales", "sales", "orders"], calls.Select(call => (string?)call.GetTagItem("rag.marketplace.method")));
        Assert.Equal([null, null, "forbidden"], calls.Select(call => (string?)call.GetTagItem("error.type")));
        Assert.All(calls, call =>
        {
            var step = recorded.Spans.Single(span => span.SpanId == call.ParentSpanId);
            Assert.Equal("sync_entity", step.DisplayName);
            Assert.Equal(call.GetTagItem("rag.marketplace.method"), step.GetTagItem("rag.sync.entity"));
        });
        Assert.Equal(["sales"], recorded.Values("rag.marketplace.wait", "rag.marketplace.method"));
        Assert.Equal(["forbidden", "ok", "waiting"], recorded.Values("rag.syncs", "rag.sync.outcome").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_outcome_of_every_run_is_counted() => Assert.Equal(
        ["completed", "completed_with_errors", "failed", "waiting"], recorded.Values("rag.runs", "rag.run.outcome").Order(StringComparer.Ordinal));

    [Theory]
    [Trait("Guarantee", "told")]
    [InlineData("traces")]
    [InlineData("metrics")]
    [InlineData("logs")]
    public void No_text_of_a_seller_no_key_and_no_token_is_sent(string signal)
    {
        var body = recorded.Body(signal);
        Assert.NotEmpty(body);
        Assert.All(Canaries, canary => Assert.DoesNotContain(canary, body, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    [Trait("Guarantee", "told")]
    public void Log_lines_and_metrics_are_kept_where_traces_are_not()
    {
        var tables = conditions.Of("traces that are not sampled");
        Assert.Empty(tables["AppDependencies"]);
        Assert.Contains(tables["AppTraces"], row => ((string)row["Message"]!).StartsWith("Finished full_rebuild indexing for cabinet 1: completed", StringComparison.Ordinal));
        Assert.Contains(tables["AppMetrics"], row => (string)row["Name"]! == "rag.runs");
    }

    [Fact]
    public void A_statement_is_one_row_of_telemetry_and_not_two()
    {
        var steps = recorded.Spans.Where(span => span.Source.Name == RagTelemetry.Name).Select(span => span.SpanId).ToHashSet();
        var statements = recorded.Spans.Where(span => span.Source.Name == "Npgsql" && steps.Contains(span.ParentSpanId)).ToList();
        Assert.NotEmpty(statements);
        Assert.All(statements, statement => Assert.Empty(statement.Events));
    }

    [Fact]
    [Trait("Guarantee", "told")]
    public void Nor_is_it_to_Azure_Monitor()
    {
        Assert.NotEmpty(conditions.All["AppMetrics"]);
        Assert.NotEmpty(conditions.All["AppDependencies"]);
        Assert.NotEmpty(conditions.All["AppTraces"]);
        Assert.All(Canaries, canary => Assert.DoesNotContain(canary, conditions.Received, StringComparison.OrdinalIgnoreCase));
    }

    private static string[] Canaries => [TelemetryScene.Text, TelemetryScene.ApiKey, TelemetryScene.MarketplaceToken];
}
