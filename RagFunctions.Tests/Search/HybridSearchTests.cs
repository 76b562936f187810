using Microsoft.Extensions.Time.Testing;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Search;
using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Embeddings;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Search;

public sealed class HybridSearchTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Ranks_of_both_ways_make_the_order_and_are_told()
    {
        await using var scene = await SceneAsync("молния", "пуговица", "молния и пуговица");
        var answer = await SearchScene.Over(scene, _time).FindAsync(scene.CabinetId, new SearchRequest("молния"), Token);
        Assert.Equal((SearchMode.Hybrid, scene.Options.ModelName), (answer.Mode, answer.Model));
        var first = answer.Hits[0];
        Assert.Equal(("молния", 1, 1L, 1L, 1.0), (first.Text, Math.Round(first.Score, 9), first.VectorRank, first.TextRank, first.TextShare));
        Assert.Equal(3, answer.Hits.Count);
        Assert.All(answer.Hits, hit => Assert.Equal(
            30.5 * ((hit.VectorRank is { } v ? 1.0 / (60 + v) : 0) + (hit.TextRank is { } t ? 1.0 / (60 + t) : 0)), hit.Score, 1e-9));
        Assert.Equal(answer.Hits.OrderByDescending(hit => hit.Score), answer.Hits);
        Assert.Null(answer.Hits.Single(hit => hit.Text == "пуговица").TextRank);
    }

    [Fact]
    public async Task A_question_is_embedded_once_while_it_is_remembered_and_booked()
    {
        await using var scene = await SceneAsync("молния");
        scene.Server.ForgetRequests();
        var search = SearchScene.Over(scene, _time);
        await search.FindAsync(scene.CabinetId, new SearchRequest("молния"), Token);
        await search.FindAsync(scene.CabinetId, new SearchRequest("молния") { Mode = SearchMode.Vector }, Token);
        await search.FindAsync(scene.CabinetId, new SearchRequest("молния") { Mode = SearchMode.Text }, Token);
        Assert.Single(scene.Server.Requests);
        _time.Advance(TimeSpan.FromMinutes(11));
        await search.FindAsync(scene.CabinetId, new SearchRequest("молния"), Token);
        Assert.Equal(2, scene.Server.Requests.Count);
        Assert.Equal(2, await scene.ScalarAsync<long>("SELECT questions FROM rag_question_costs WHERE cabinet_id = $1 AND day = (now() AT TIME ZONE 'UTC')::date", scene.CabinetId));
        Assert.True(await scene.ScalarAsync<bool>("SELECT tokens > 0 AND cost_usd = tokens * 0.02 / 1000000 FROM rag_question_costs WHERE cabinet_id = $1", scene.CabinetId));
    }

    [Fact]
    public async Task While_the_provider_pauses_only_words_are_searched()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1);
        // The index has vectors, so that a question's vector would be of use.
        await scene.ExecuteAsync($"INSERT INTO rag_embedder (model, dimensions) VALUES ('{scene.Options.ModelName}', {scene.Options.Dimensions})");
        await scene.AddChunksAsync("молния");
        await scene.ExecuteAsync("INSERT INTO rag_provider (not_before) VALUES (now() + interval '40 seconds')");
        var search = SearchScene.Over(scene, _time);
        var refused = await Assert.ThrowsAsync<SearchUnavailableException>(() => search.FindAsync(1, new SearchRequest("молния"), Token));
        Assert.InRange(refused.RetryAfter.TotalSeconds, 20, 40);
        Assert.Empty(scene.Server.Requests);
        Assert.Single((await search.FindAsync(1, new SearchRequest("молния") { Mode = SearchMode.Text }, Token)).Hits);
    }

    [Fact]
    public async Task A_provider_that_fails_is_told_with_the_time_to_wait()
    {
        await using var scene = await SceneAsync("молния");
        scene.Server.Script(FakeAnswer.TooManyRequests(600));
        var search = SearchScene.Over(scene, _time);
        var refused = await Assert.ThrowsAsync<SearchUnavailableException>(() => search.FindAsync(scene.CabinetId, new SearchRequest("молния"), Token));
        Assert.Equal(600, refused.RetryAfter.TotalSeconds);
    }

    [Fact]
    public async Task An_index_without_a_vector_yet_is_searched_by_word()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1);
        await scene.AddChunksAsync("молния");
        var answer = await SearchScene.Over(scene, _time).FindAsync(1, new SearchRequest("молния"), Token);
        Assert.Equal((SearchMode.Text, null), (answer.Mode, answer.Model));
        Assert.Single(answer.Hits);
        Assert.Empty(scene.Server.Requests);
    }

    private async Task<EmbeddingScene> SceneAsync(params string[] texts)
    {
        var scene = await EmbeddingScene.SetAsync(fixture);
        await new IndexEmbedder(scene.Rag, EmbeddingScene.EmbeddersOf(scene.Options)).CheckAsync(Token);
        await scene.AddChunksAsync(texts);
        await scene.EmbedAllAsync();
        return scene;
    }
}
