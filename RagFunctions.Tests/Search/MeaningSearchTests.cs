using Microsoft.Extensions.Time.Testing;
using Npgsql;
using Pgvector;
using RagFunctions.Core;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Embeddings.Providers;
using RagFunctions.Core.Search;
using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Embeddings;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Search;

public sealed class MeaningSearchTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private const string ApproximateIndex =
        "CREATE INDEX ON rag_embeddings USING hnsw (embedding vector_cosine_ops) WITH (m = 16, ef_construction = 64)";

    private static readonly string[] Texts = [.. Enumerable.Range(1, 60).Select(i => $"отзыв {i}")];

    private static readonly string[] Reviews =
    [
        "сломалась молния, пришлось менять", "размер маломерит, беру на один больше", "рукава длинные, зато тепло", "цвет как на фото", "упаковка мятая, подарить стыдно",
        "очень долго везли, но вещь хорошая", "ткань колется", "носит сын каждый день, не рвётся", "после стирки села", "отличная куртка за эти деньги",
    ];

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [Trait("Guarantee", "tenants")]
    [Trait("Defect", "64")]
    [Trait("Defect", "65")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_hits_equal_brute_force_beside_an_index_and_other_tenants(bool approximateIndex)
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await SceneAsync(database, 1, Texts);
        for (var other = 2; other <= 6; other++)
        {
            // The crowd is nearer to the question than anything of the cabinet, and an approximate index would look at 40 vectors
            // (it keeps up to ten equal ones as one), so that fewer than 50 of the cabinet's own could come back.
            await using var crowd = await SceneAsync(database, other, [.. Enumerable.Range(0, 30).Select(_ => "вопрос")]);
        }

        if (approximateIndex)
        {
            await database.Source.ExecuteAsync(ApproximateIndex);

            // On tables this small the server would not touch the index anyhow; now it does wherever it can.
            await database.Source.ExecuteAsync(
                $"""
                ALTER DATABASE "{database.Name}" SET enable_seqscan = off;
                ALTER DATABASE "{database.Name}" SET enable_bitmapscan = off;
                ALTER DATABASE "{database.Name}" SET enable_sort = off;
                """);
            database.Source.Clear();
        }

        var hits = await FindAsync(scene, Ask("вопрос", 50), 1);
        var question = FakeEmbeddingsServer.VectorOf("вопрос", 1_536);
        var expected = Texts.Select(text => (text, similarity: Dot(question, FakeEmbeddingsServer.VectorOf(text, 1_536))))
            .OrderByDescending(pair => pair.similarity).Take(50).ToList();
        Assert.Equal(expected.Select(pair => pair.text), hits.Select(hit => hit.Text));
        Assert.All(expected.Zip(hits), pair => Assert.Equal(pair.First.similarity, pair.Second.Similarity!.Value, 0.00001));
    }

    [Fact]
    [Trait("Defect", "68")]
    public async Task The_text_itself_comes_first_with_similarity_one_and_typed()
    {
        await using var scene = await SceneAsync(fixture.Database, await fixture.AddCabinetAsync(), Texts);
        await scene.ExecuteAsync("UPDATE rag_metadata SET nm_id = 77, business_date = '2026-02-01Z' WHERE cabinet_id = $1", scene.CabinetId);
        var hit = (await FindAsync(scene, Ask(Texts[10])))[0];
        Assert.Equal(1, hit.Similarity!.Value, 0.00001);
        Assert.Equal(
            new SearchHit(Entity.Reviews, 11, 0, 77, new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero), Texts[10], hit.Similarity.Value, hit.Similarity, 1, null, null), hit);
    }

    [Fact]
    [Trait("Guarantee", "tenants")]
    [Trait("Defect", "65")]
    [Trait("Defect", "69")]
    public async Task No_row_of_another_cabinet_is_ever_found()
    {
        await using var other = await SceneAsync(fixture.Database, await fixture.AddCabinetAsync(), ["чужая тайна"]);
        await using var scene = await SceneAsync(fixture.Database, await fixture.AddCabinetAsync(), ["своё"]);
        var hits = await FindAsync(scene, Ask("чужая тайна", 200));
        Assert.Equal("своё", Assert.Single(hits).Text);
        Assert.Empty(await FindAsync(scene, Ask("чужая тайна", 200), long.MaxValue));
    }

    [Fact]
    [Trait("Defect", "3")]
    [Trait("Defect", "23")]
    [Trait("Defect", "66")]
    [Trait("Defect", "67")]
    public async Task Filters_limit_to_a_kind_an_article_and_a_date()
    {
        await using var scene = await SceneAsync(fixture.Database, await fixture.AddCabinetAsync(), ["а", "б", "в", "г"]);
        await scene.ExecuteAsync(
            """
            UPDATE rag_metadata SET
                nm_id = CASE WHEN chunk_text IN ('а', 'б') THEN 100 ELSE 200 END,
                business_date = CASE chunk_text WHEN 'а' THEN timestamptz '2026-01-31 20:59:59Z' WHEN 'б' THEN '2026-01-31 21:00Z' WHEN 'в' THEN '2026-02-01 21:00Z' END
            WHERE cabinet_id = $1
            """,
            scene.CabinetId);
        await scene.ExecuteAsync("UPDATE rag_metadata SET chunk_type = 'order' WHERE cabinet_id = $1 AND chunk_text = 'г'", scene.CabinetId);
        var ask = Ask("вопрос");
        Assert.Equal(["а", "б"], await TextsAsync(ask with { Articles = [100] }));
        Assert.Equal(["а", "б", "в", "г"], await TextsAsync(ask with { Articles = [100, 200] }));
        Assert.Equal(["г"], await TextsAsync(ask with { Kinds = [Entity.Orders] }));
        Assert.Equal(["а", "б", "в", "г"], await TextsAsync(ask with { Kinds = [Entity.Orders, Entity.Reviews] }));
        Assert.Equal(["б", "в"], await TextsAsync(ask with { From = new DateOnly(2026, 2, 1) }));
        Assert.Equal(["а", "б"], await TextsAsync(ask with { To = new DateOnly(2026, 2, 1) }));
        Assert.Equal(["б"], await TextsAsync(ask with { Kinds = [Entity.Reviews], Articles = [100], From = new DateOnly(2026, 2, 1), To = new DateOnly(2026, 2, 1) }));
        Assert.Equal(2, (await TextsAsync(ask with { Limit = 2 })).Count);
        Assert.Empty(await TextsAsync(ask with { MinScore = 0.99 }));

        // The same in two steps: whatever is not asked for is left out of the first already.
        async Task<List<string>> TextsAsync(SearchRequest request)
        {
            var exact = await FindAsync(scene, request);
            Assert.Equal(exact, await FindAsync(scene, request, settings: Steps(request.Limit)));
            return [.. exact.Select(hit => hit.Text).Order(StringComparer.Ordinal)];
        }
    }

    [Fact]
    [Trait("Guarantee", "tenants")]
    public async Task A_chunk_is_found_until_the_instant_it_expires()
    {
        await using var scene = await SceneAsync(fixture.Database, await fixture.AddCabinetAsync(), ["заказ"]);
        await scene.ExecuteAsync("UPDATE rag_metadata SET expires_at = $2 WHERE cabinet_id = $1", scene.CabinetId, _time.GetUtcNow().AddSeconds(1));
        Assert.Single(await FindAsync(scene, Ask("заказ")));
        Assert.Single(await FindAsync(scene, Ask("заказ"), settings: Steps(5)));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Empty(await FindAsync(scene, Ask("заказ")));
        Assert.Empty(await FindAsync(scene, Ask("заказ"), settings: Steps(5)));
    }

    [Fact]
    [Trait("Guarantee", "tenants")]
    [Trait("Defect", "58")]
    public async Task A_deactivated_cabinet_is_not_searched()
    {
        await using var scene = await SceneAsync(fixture.Database, await fixture.AddCabinetAsync(), ["заказ"]);
        await scene.ExecuteAsync("UPDATE rag_index_status SET is_active = false WHERE cabinet_id = $1", scene.CabinetId);
        Assert.Empty(await FindAsync(scene, Ask("заказ")));
    }

    [Fact]
    public async Task In_two_steps_the_nearest_by_bits_are_ranked_by_their_vectors()
    {
        await using var scene = await SceneAsync(fixture.Database, await fixture.AddCabinetAsync(), Texts);
        var question = Enumerable.Range(1, 100).Select(i => $"вопрос {i}").First(text => InTwoSteps(text, 8) is { } found && !found.SequenceEqual(Nearest(text, 5)));
        Assert.Equal(InTwoSteps(question, 8), (await FindAsync(scene, Ask(question), settings: Steps(8))).Select(hit => hit.Text));
        Assert.Equal(Nearest(question, 5), (await FindAsync(scene, Ask(question))).Select(hit => hit.Text));

        // The first run of a large cabinet may take hours, and writes the figure at its end.
        await scene.ExecuteAsync("UPDATE rag_index_status SET total_chunks = 0 WHERE cabinet_id = $1", scene.CabinetId);
        Assert.Equal(InTwoSteps(question, 8), (await FindAsync(scene, Ask(question), settings: Steps(8))).Select(hit => hit.Text));
        Assert.Equal(Nearest(question, 5), (await FindAsync(scene, Ask(question))).Select(hit => hit.Text));
    }

    /// <summary>How near candidates lie is guessed from the number of chunks; it is right for 3,000, far too near for a million.</summary>
    [Theory]
    [InlineData(3_000)]
    [InlineData(1_000_000)]
    public async Task A_wrong_guess_of_how_near_candidates_lie_loses_none(int totalChunks)
    {
        await using var scene = await SceneAsync(fixture.Database, await fixture.AddCabinetAsync(), Texts);
        var question = Enumerable.Range(1, 400).Select(i => $"вопрос {i}")
            .First(text => InTwoSteps(text, 8) is { } found && InTwoSteps(text, 5) is { } fewer && !found.SequenceEqual(fewer));
        await scene.ExecuteAsync($"UPDATE rag_index_status SET total_chunks = {totalChunks} WHERE cabinet_id = $1", scene.CabinetId);
        Assert.Equal(InTwoSteps(question, 8), (await FindAsync(scene, Ask(question), settings: Steps(8))).Select(hit => hit.Text));
    }

    [Fact]
    public async Task The_offline_embedder_is_never_searched_in_two_steps()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await SceneAsync(database, 1, Reviews, options => options.Provider = EmbeddingsProvider.Offline);
        using var offline = new OfflineEmbeddingGenerator(1_536);
        var vectors = (await offline.GenerateAsync(Reviews, cancellationToken: Token)).Select(made => made.Vector.ToArray()).ToList();
        var lost = 0;
        foreach (var question in (string[])["молния", "размер", "рукав", "цвет", "упаковка"])
        {
            var asked = (await offline.GenerateAsync([question], cancellationToken: Token))[0].Vector.ToArray();
            var nearest = vectors.IndexOf(vectors.MaxBy(vector => Dot(asked, vector))!);
            lost += nearest == vectors.IndexOf(vectors.MinBy(vector => DifferentBits(asked, vector))!) ? 0 : 1;
            Assert.Equal(Reviews[nearest], Assert.Single(await FindAsync(scene, Ask(question, 1), settings: Steps(1))).Text);
        }

        Assert.NotEqual(0, lost);
    }

    [Fact]
    [Trait("Guarantee", "tenants")]
    public async Task Vectors_of_a_former_model_are_not_compared_with_the_question()
    {
        await using var scene = await SceneAsync(fixture.Database, await fixture.AddCabinetAsync(), ["старый", "новый"]);
        await scene.ExecuteAsync(
            "UPDATE rag_embeddings e SET model = 'former' FROM rag_metadata m WHERE m.id = e.metadata_id AND m.cabinet_id = $1 AND chunk_text = 'старый'",
            scene.CabinetId);
        Assert.Equal("новый", Assert.Single(await FindAsync(scene, Ask("старый"))).Text);
        // Nor do they take the places of the first step.
        Assert.Equal("новый", Assert.Single(await FindAsync(scene, Ask("старый", 1), settings: Steps(1))).Text);
    }

    [Fact]
    [Trait("Defect", "8")]
    public async Task A_question_of_another_model_is_refused_by_service_and_function()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await SceneAsync(database, 1, ["текст"]);
        await scene.ExecuteAsync("UPDATE rag_embedder SET model = 'former'");
        scene.Server.ForgetRequests();
        var error = await Assert.ThrowsAsync<EmbedderMismatchException>(() => FindAsync(scene, Ask("вопрос")));
        Assert.Equal(("former", "text-embedding-3-small"), (error.Index?.Model, error.Configured.Model));
        Assert.Empty(scene.Server.Requests);
        await using var command = database.Source.CreateCommand("SELECT * FROM rag_search(1, $1, 'text-embedding-3-small')");
        command.Parameters.Add(new() { Value = new Vector(FakeEmbeddingsServer.VectorOf("вопрос", 1_536)) });
        var refused = await Assert.ThrowsAsync<PostgresException>(() => command.ExecuteNonQueryAsync(Token));
        Assert.Contains("former", refused.MessageText, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Defect", "26")]
    public async Task A_row_that_waits_for_its_new_vector_is_still_found()
    {
        await using var scene = await SceneAsync(fixture.Database, await fixture.AddCabinetAsync(), ["прежний"]);
        await scene.ExecuteAsync(
            "UPDATE rag_metadata SET chunk_text = 'новый', chunk_hash = $2 WHERE cabinet_id = $1", scene.CabinetId, EmbeddingScene.HashOf("новый"));
        Assert.Equal("новый", Assert.Single(await FindAsync(scene, Ask("прежний"))).Text);
    }

    [Fact]
    public async Task Thousands_of_chunks_without_statistics_are_searched_at_once()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await SceneAsync(database, 1, ["вопрос"]);
        await scene.ExecuteAsync("ALTER TABLE rag_metadata SET (autovacuum_enabled = off)");
        await scene.ExecuteAsync("ALTER TABLE rag_embeddings SET (autovacuum_enabled = off)");
        await scene.AddChunksAsync([.. Enumerable.Range(1, 8_000).Select(i => $"отзыв {i}")]);
        await scene.ExecuteAsync(
            """
            INSERT INTO rag_embeddings (embedding, metadata_id, cabinet_id, chunk_type, model)
            SELECT (SELECT embedding FROM rag_embeddings LIMIT 1), id, cabinet_id, chunk_type, $1 FROM rag_metadata WHERE chunk_text <> 'вопрос'
            """,
            scene.Options.ModelName);
        var search = SearchScene.Over(scene, _time, new SearchOptions { TimeoutSeconds = 5 });
        Assert.Equal(5, (await search.FindAsync(1, Ask("вопрос"), Token)).Hits.Count);
    }

    [Theory]
    [InlineData(" ", 5)]
    [InlineData("вопрос", 0)]
    [InlineData("вопрос", 201)]
    public async Task An_empty_question_and_a_limit_out_of_bounds_are_wrong_arguments(string text, int limit)
    {
        await using var scene = await SceneAsync(fixture.Database, await fixture.AddCabinetAsync(), []);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => FindAsync(scene, Ask(text, limit)));
    }

    // Null where two are equally near at the border of the first step: either may be left out.
    private static List<string>? InTwoSteps(string question, int candidates)
    {
        var asked = FakeEmbeddingsServer.VectorOf(question, 1_536);
        var near = Texts.Select(text => (Text: text, Bits: DifferentBits(asked, FakeEmbeddingsServer.VectorOf(text, 1_536)))).OrderBy(pair => pair.Bits).ToList();
        return near[candidates - 1].Bits == near[candidates].Bits ? null : Nearest(question, 5, near.Take(candidates).Select(pair => pair.Text));
    }

    private static List<string> Nearest(string question, int count, IEnumerable<string>? among = null)
    {
        var asked = FakeEmbeddingsServer.VectorOf(question, 1_536);
        return [.. (among ?? Texts).OrderByDescending(text => Dot(asked, FakeEmbeddingsServer.VectorOf(text, 1_536))).Take(count)];
    }

    private static async Task<EmbeddingScene> SceneAsync(TestDatabase database, long cabinetId, string[] texts, Action<EmbeddingsOptions>? configure = null)
    {
        var scene = await EmbeddingScene.SetAsync(database, cabinetId, configure);
        await new IndexEmbedder(database.Rag, EmbeddingScene.EmbeddersOf(scene.Options)).CheckAsync(Token);
        await scene.AddChunksAsync(texts);
        await scene.EmbedAllAsync();
        // As a run leaves it: by this figure the search decides whether one step is enough.
        await scene.ExecuteAsync("UPDATE rag_index_status SET total_chunks = $2 WHERE cabinet_id = $1", cabinetId, (long)texts.Length);
        return scene;
    }

    private static SearchOptions Steps(int candidates) => new() { ExactUpTo = 0, Candidates = candidates };

    private static SearchRequest Ask(string question, int limit = 5) => new(question) { Mode = SearchMode.Vector, Limit = limit };

    private async Task<IReadOnlyList<SearchHit>> FindAsync(EmbeddingScene scene, SearchRequest request, long? cabinetId = null, SearchOptions? settings = null) =>
        (await SearchScene.Over(scene, _time, settings).FindAsync(cabinetId ?? scene.CabinetId, request, Token)).Hits;

    private static int DifferentBits(float[] one, float[] other) => one.Zip(other, (a, b) => a > 0 != b > 0 ? 1 : 0).Sum();

    private static double Dot(float[] one, float[] other) => one.Zip(other, (a, b) => (double)a * b).Sum();
}
