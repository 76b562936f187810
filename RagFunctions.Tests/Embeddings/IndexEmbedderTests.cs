using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Embeddings.Providers;
using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Embeddings;

public sealed class IndexEmbedderTests
{
    [Fact]
    [Trait("Guarantee", "model")]
    public async Task The_first_stored_vector_records_the_embedder()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1);
        await scene.AddChunksAsync("один");
        Assert.False(await new IndexEmbedder(database.Rag, EmbeddingScene.EmbeddersOf(scene.Options)).CheckAsync(TestContext.Current.CancellationToken));
        scene.Server.Script(FakeAnswer.Error(401));
        await scene.EmbedAllAsync();
        Assert.False(await new IndexEmbedder(database.Rag, EmbeddingScene.EmbeddersOf(scene.Options)).CheckAsync(TestContext.Current.CancellationToken));
        await scene.EmbedAllAsync();
        Assert.True(await new IndexEmbedder(database.Rag, EmbeddingScene.EmbeddersOf(scene.Options)).CheckAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [Trait("Guarantee", "model")]
    [InlineData(768)]
    [InlineData(3_072)]
    public async Task A_length_the_column_does_not_have_is_refused_before_a_request(int dimensions)
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Rag);
        var error = await Assert.ThrowsAsync<EmbedderMismatchException>(() => Make(database, "one", dimensions).CheckAsync(TestContext.Current.CancellationToken));
        Assert.Contains("1536 numbers", error.Message, StringComparison.Ordinal);
        Assert.Contains($"rag model switch --model one --dimensions {dimensions}", error.Message, StringComparison.Ordinal);
        Assert.True(await new EmptyIndex(database.Rag).TrySwitchAsync(dimensions, TestContext.Current.CancellationToken));
        Assert.False(await Make(database, "one", dimensions).CheckAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData(768)]
    [InlineData(3_072)]
    public async Task An_empty_index_takes_vectors_of_another_length(int dimensions)
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1, options => (options.Model, options.Dimensions) = ("text-embedding-3-large", dimensions));
        Assert.True(await new EmptyIndex(database.Rag).TrySwitchAsync(dimensions, TestContext.Current.CancellationToken));
        await scene.AddChunksAsync("один", "два");
        Assert.Equal(2, (await scene.EmbedAllAsync()).Embedded);
        await scene.AssertEmbeddedAsync(_ => true);
    }

    [Fact]
    public async Task An_index_with_vectors_is_not_switched_at_once()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1);
        await scene.AddChunksAsync("один");
        await scene.EmbedAllAsync();
        Assert.False(await new EmptyIndex(database.Rag).TrySwitchAsync(768, TestContext.Current.CancellationToken));
        await scene.AssertEmbeddedAsync(_ => true);
    }

    [Theory]
    [Trait("Guarantee", "model")]
    [Trait("Defect", "8")]
    [InlineData("two", 1_536, "")]
    [InlineData("one", 256, "")]
    [InlineData("one", 1_536, "passage: ")]
    public async Task Another_model_length_or_prefix_is_refused_and_both_are_named(string model, int dimensions, string prefix)
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Rag);
        await database.Source.ExecuteAsync("INSERT INTO rag_embedder (model, dimensions) VALUES ('one', 1536)");
        var error = await Assert.ThrowsAsync<EmbedderMismatchException>(() => Make(database, model, dimensions, prefix).CheckAsync(TestContext.Current.CancellationToken));
        Assert.Contains("one (1536 dimensions)", error.Message, StringComparison.Ordinal);
        Assert.Contains($"{model} ({dimensions} dimensions{(prefix.Length > 0 ? ", prefix 'passage: '" : "")})", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Guarantee", "model")]
    public async Task Of_two_first_runs_one_embedder_stores_the_other_nothing()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1);
        await scene.AddChunksAsync([.. Enumerable.Range(0, 8).Select(i => $"текст {i}")]);
        var stored = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => new VectorWriter(database.Rag, Options($"model-{i}"), Generation.Active).StoreAsync(
            1, [new PendingText(EmbeddingScene.HashOf($"текст {i}"), $"текст {i}", 10, 0)], [FakeEmbeddingsServer.VectorOf("x", 1_536)], TestContext.Current.CancellationToken)));
        Assert.Equal(1, stored.Sum());
        Assert.Equal(1, await scene.ScalarAsync<long>("SELECT count(DISTINCT e.model) FROM rag_embeddings e JOIN rag_embedder r USING (model)"));
    }

    private static EmbeddingsOptions Options(string model, int dimensions = 1_536, string prefix = "") =>
        new() { Provider = EmbeddingsProvider.OpenAI, Model = model, Dimensions = dimensions, PassagePrefix = prefix, Deployment = "whatever" };

    private static IndexEmbedder Make(TestDatabase database, string model, int dimensions = 1_536, string prefix = "") =>
        new(database.Rag, new Embedders(new Embedder(Options(model, dimensions, prefix), Generator: null!)));
}
