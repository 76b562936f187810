using RagFunctions.Core.Embeddings;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Embeddings;

public sealed class ProviderPaceTests
{
    [Fact]
    [Trait("Guarantee", "all-cabinets")]
    public async Task Requests_of_large_runs_stand_in_line_whoever_sends_them()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1, options => options.TokensPerMinute = 60_000);
        for (var request = 0; request < 3; request++)
        {
            // 8,000 tokens last 10 s at four fifths of 1,000 a second; each worker has its own pace over the one row.
            await new ProviderPace(database.Rag, scene.Options, scene.Time).WaitAsync(8_000, patience: null, TestContext.Current.CancellationToken);
        }

        Assert.Equal([10, 20], scene.Time.Delays.Select(delay => Math.Round(delay.TotalSeconds)));
    }

    [Theory]
    [Trait("Guarantee", "all-cabinets")]
    [InlineData(true, 60_000, 1)]
    [InlineData(false, 60_000, 0)]
    [InlineData(true, 0, 0)]
    public async Task A_small_run_goes_ahead_of_a_large_one_that_waits(bool isLarge, int tokensPerMinute, int waits)
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1, options => options.TokensPerMinute = tokensPerMinute);
        await scene.AddChunksAsync("один");
        await scene.ExecuteAsync("INSERT INTO rag_pace (free_at) VALUES (now() + interval '20 seconds')");
        var result = await scene.Embedder.EmbedAsync(
            new EmbedBatchInput(1, Guid.Empty, EmbeddingScene.Token, new HashInterval(null, null), isLarge), TestContext.Current.CancellationToken);
        Assert.Equal((1, waits), (result.Embedded, scene.Time.Delays.Count));
    }
}
