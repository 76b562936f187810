using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Embeddings.Providers;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Embeddings;

public sealed class IndexEmbedderTests
{
    [Fact]
    public async Task The_first_run_records_the_embedder_and_accepts_it_again()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Rag);
        Assert.False(await Make(database, "one").CheckAsync(TestContext.Current.CancellationToken));
        await Make(database, "one").EnsureAsync(TestContext.Current.CancellationToken);
        await Make(database, "one").EnsureAsync(TestContext.Current.CancellationToken);
        Assert.True(await Make(database, "one").CheckAsync(TestContext.Current.CancellationToken));
    }

    [Theory]
    [Trait("Guarantee", "model")]
    [Trait("Defect", "8")]
    [InlineData("two", 1_536)]
    [InlineData("one", 256)]
    public async Task Another_model_or_length_is_refused_and_both_are_named(string model, int dimensions)
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Rag);
        await Make(database, "one").EnsureAsync(TestContext.Current.CancellationToken);
        var other = Make(database, model, dimensions);
        foreach (var attempt in (Func<Task>[])[() => other.EnsureAsync(default), () => other.CheckAsync(default)])
        {
            var error = await Assert.ThrowsAsync<EmbedderMismatchException>(attempt);
            Assert.Contains("one (1536 dimensions)", error.Message, StringComparison.Ordinal);
            Assert.Contains($"{model} ({dimensions} dimensions)", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Of_two_first_runs_one_embedder_wins_the_other_is_refused()
    {
        await using var database = await TestDatabase.CreateAsync(SchemaKind.Rag);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, 8).Select(async i =>
        {
            try
            {
                await Make(database, $"model-{i}").EnsureAsync(TestContext.Current.CancellationToken);
                return true;
            }
            catch (EmbedderMismatchException)
            {
                return false;
            }
        }));
        Assert.Single(outcomes, won => won);
    }

    private static IndexEmbedder Make(TestDatabase database, string model, int dimensions = 1_536) =>
        new(database.Rag, new EmbeddingsOptions { Provider = EmbeddingsProvider.OpenAI, Model = model, Dimensions = dimensions, Deployment = "whatever" });
}
