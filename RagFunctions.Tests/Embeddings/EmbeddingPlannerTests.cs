using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Embeddings;

public sealed class EmbeddingPlannerTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    [Fact]
    public async Task The_intervals_of_a_plan_embed_every_text_exactly_once()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture, options => options.MaxInputsPerRequest = 64);
        string[] texts = [.. Enumerable.Range(1, 500).Select(i => $"текст {i % 450}")];
        await scene.AddChunksAsync(texts);
        var plan = await scene.PlanAsync();
        Assert.Equal(500, plan.PendingChunks);
        Assert.InRange(plan.Intervals.Count, 8, 9);
        var results = await Task.WhenAll(plan.Intervals.Select(interval => scene.EmbedAsync(interval)));
        Assert.Equal((500, plan.Intervals.Count), (results.Sum(result => result.Embedded), results.Sum(result => (int)result.Requests)));
        var sent = scene.Server.Requests.SelectMany(request => request.Inputs).ToList();
        Assert.Equal(450, sent.Count);
        Assert.Equal(450, sent.Distinct().Count());
        await scene.AssertEmbeddedAsync(_ => true);
        Assert.Empty((await scene.PlanAsync()).Intervals);
    }

    [Fact]
    [Trait("Defect", "61")]
    public async Task Tokens_too_close_a_request()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture, options => options.MaxTokensPerRequest = 2_000);
        await scene.AddChunksAsync([.. Enumerable.Range(1, 20).Select(i => $"{i} {new string('я', 1_000)}")]);
        var plan = await scene.PlanAsync();
        var results = await Task.WhenAll(plan.Intervals.Select(interval => scene.EmbedAsync(interval)));
        Assert.Equal(10, plan.Intervals.Count);
        Assert.All(scene.Server.Requests, request => Assert.InRange(request.Tokens, 1, 2_000));
        Assert.Equal(20, results.Sum(result => result.Embedded));
    }

    [Fact]
    public async Task Work_of_another_cabinet_and_texts_not_due_are_not_planned()
    {
        await using var other = await EmbeddingScene.SetAsync(fixture);
        await other.AddChunksAsync("чужой");
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync("ждёт", "не ждёт", "позже", "уже");
        await scene.ExecuteAsync("UPDATE rag_metadata SET embedded_hash = chunk_hash WHERE cabinet_id = $1 AND chunk_text = 'не ждёт'", scene.CabinetId);
        await scene.ExecuteAsync(
            """
            UPDATE rag_metadata SET next_attempt_at = now() + CASE chunk_text WHEN 'позже' THEN interval '1 minute' ELSE interval '-1 minute' END
            WHERE cabinet_id = $1 AND chunk_text IN ('позже', 'уже')
            """,
            scene.CabinetId);
        Assert.Equal(2, (await scene.PlanAsync()).PendingChunks);
    }

    [Fact]
    public async Task Nothing_pending_is_an_empty_plan()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        var plan = await scene.PlanAsync();
        Assert.Equal((false, 0), (plan.Superseded, plan.PendingChunks));
        Assert.Empty(plan.Intervals);
    }
}
