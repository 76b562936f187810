using RagFunctions.Core.Embeddings.Providers;

namespace RagFunctions.Tests.Embeddings;

public sealed class OfflineEmbeddingGeneratorTests
{
    private readonly OfflineEmbeddingGenerator _generator = new(1_536);

    [Fact]
    public async Task The_same_text_gives_the_same_unit_vector_in_every_process()
    {
        var vector = await VectorAsync("Куртка зимняя, размер 46");
        Assert.Equal(vector, await VectorAsync("Куртка зимняя, размер 46"));
        Assert.Equal(1, vector.Sum(value => value * value), 0.0001f);

        // Written down once: a change of the hashing must come with another model name.
        Assert.Equal(107, Array.FindIndex(vector, value => value != 0));
    }

    [Fact]
    public async Task Word_forms_case_and_yo_are_closer_than_other_words()
    {
        var query = await VectorAsync("тёплые куртки");
        var near = Dot(query, await VectorAsync("Теплая КУРТКА для зимы"));
        Assert.True(near > 0.15, $"{near}");
        Assert.True(near > 2 * Dot(query, await VectorAsync("Заказ кастрюли со склада Коледино")));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" … !!! ")]
    [InlineData("👍👍")]
    public async Task A_text_without_words_still_has_a_direction(string text) =>
        Assert.Equal(1, (await VectorAsync(text)).Sum(value => value * value), 0.0001f);

    private async Task<float[]> VectorAsync(string text) =>
        (await _generator.GenerateAsync([text], cancellationToken: TestContext.Current.CancellationToken))[0].Vector.ToArray();

    private static float Dot(float[] one, float[] other) => one.Zip(other, (a, b) => a * b).Sum();
}
