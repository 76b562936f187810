using System.Text.Json.Nodes;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Api;

/// <summary>From the HTTP call to the vectors, every activity twice.</summary>
public sealed class IndexFlowTests(AppFixture app) : IClassFixture<AppFixture>
{
    [Fact]
    [Trait("Defect", "12")]
    [Trait("Defect", "45")]
    [Trait("Defect", "50")]
    public async Task A_cabinet_is_indexed_fully_then_by_changes_and_reports_both()
    {
        // The inactive one: a sweep that another test fires may have indexed the others already.
        var never = await app.AskAsync(HttpMethod.Get, "/v1/rag/status/3", 200);
        Assert.Equal(("not_found", 0), ((string?)never["status"], (int)never["total_chunks"]!));

        var first = await app.AskAsync(HttpMethod.Post, "/v1/rag/index/1?full_rebuild=true", 202);
        Assert.Equal(("accepted", "full_rebuild", "index-1"), ((string?)first["status"], (string?)first["indexing_mode"], (string?)first["instance_id"]));
        Assert.Equal("/v1/rag/status/1", (string?)first["status_url"]);
        await app.BecomesIdleAsync(1);
        var status = await app.AskAsync(HttpMethod.Get, "/v1/rag/status/1", 200);
        Assert.Equal(("success", "completed", 25), ((string?)status["status"], (string?)status["outcome"], (int)status["total_chunks"]!));
        Assert.Equal(25, await app.CountAsync("SELECT count(*) FROM rag_embeddings WHERE cabinet_id = 1"));

        // Durable's own URL, as given to operators.
        using var durable = await app.Http.GetAsync(new Uri((string)first["statusQueryGetUri"]!), TestContext.Current.CancellationToken);
        var instance = JsonNode.Parse(await durable.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal(("Completed", "completed"), ((string?)instance["runtimeStatus"], (string?)instance["output"]!["Outcome"]));

        await app.Database.Source.ExecuteAsync("UPDATE wb_orders SET status = 'sold' WHERE cabinet_id = 1 AND order_id = 'o1'");
        var id = await app.CountAsync("SELECT id FROM wb_orders WHERE cabinet_id = 1 AND order_id = 'o1'");
        var delta = await app.AskAsync(HttpMethod.Post, "/v1/rag/index/1", 202, AppFixture.ChangedIds(new { orders = new[] { id, id } }));
        Assert.Equal(("incremental", 1), ((string?)delta["indexing_mode"], (int)delta["accepted_changes"]!));
        await app.BecomesIdleAsync(1);

        var runs = (await app.AskAsync(HttpMethod.Get, "/v1/rag/runs/1", 200))["runs"]!.AsArray();
        Assert.Equal(("incremental", "completed"), ((string?)runs[0]!["mode"], (string?)runs[0]!["outcome"]));
        var one = await app.AskAsync(HttpMethod.Get, $"/v1/rag/runs/1/{(string?)runs[0]!["run_id"]}", 200);
        Assert.True(JsonNode.DeepEquals(runs[0], one));
        var metrics = await app.AskAsync(HttpMethod.Get, "/v1/rag/metrics/1", 200);
        Assert.Equal("incremental", (string?)metrics["latest_indexing"]!["mode"]);
        Assert.Equal(25, (int)metrics["chunks"]!["total"]!);
        Assert.Equal(
            ["cabinet_id", "latest_indexing", "chunks", "embeddings", "api_usage", "performance", "comparison_with_full"],
            metrics.AsObject().Select(pair => pair.Key));
    }

    [Fact]
    [Trait("Defect", "33")]
    [Trait("Defect", "48")]
    public async Task Two_posts_at_once_start_one_run_and_neither_is_told_off()
    {
        var answers = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => app.AskAsync(HttpMethod.Post, "/v1/rag/index/2?full_rebuild=true", 202)));
        Assert.All(answers, answer => Assert.Equal("index-2", (string?)answer["instance_id"]));
        await app.BecomesIdleAsync(2);
        Assert.Equal("Completed", (string?)(await app.Durable.FindAsync("index-2"))!["runtimeStatus"]);
        Assert.Equal(25, await app.CountAsync("SELECT count(*) FROM rag_embeddings WHERE cabinet_id = 2"));
    }

    [Fact]
    [Trait("Guarantee", "tenants")]
    public async Task A_limited_key_is_given_no_management_urls()
    {
        var limited = await app.AskAsync(HttpMethod.Post, "/v1/rag/index/1?full_rebuild=true", 202, key: AppFixture.LimitedKey);
        Assert.Equal(
            ["status", "message", "cabinet_id", "indexing_mode", "instance_id", "accepted_changes", "status_url"],
            limited.AsObject().Select(pair => pair.Key));
        await app.BecomesIdleAsync(1);
    }

    [Fact]
    [Trait("Fault", "17")]
    [Trait("Guarantee", "no-mass-deletion")]
    public async Task Mass_deletion_is_allowed_by_an_operator_s_key_only()
    {
        using var refused = await app.SendAsync(HttpMethod.Post, "/v1/rag/index/1?allow_mass_delete=true", AppFixture.LimitedKey);
        Assert.Equal(403, (int)refused.StatusCode);
        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM rag_index_status WHERE allow_mass_delete"));
        await app.AskAsync(HttpMethod.Post, "/v1/rag/index/1?allow_mass_delete=true", 202);
        await app.BecomesIdleAsync(1);
    }

    [Fact]
    [Trait("Defect", "11")]
    public async Task A_body_without_ids_asks_for_nothing()
    {
        foreach (var body in (string[])["{}", """{"changed_ids":{}}""", """{"changed_ids":{"orders":[],"sales":[]}}"""])
        {
            var answer = await app.AskAsync(HttpMethod.Post, "/v1/rag/index/1", 200, AppFixture.Json(body));
            Assert.Equal(("nothing_to_do", 1, 0), ((string?)answer["status"], (int)answer["cabinet_id"]!, (int)answer["accepted_changes"]!));
        }
    }
}
