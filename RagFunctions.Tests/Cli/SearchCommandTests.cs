using RagFunctions.Core.Embeddings;
using RagFunctions.Tests.Embeddings;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Cli;

public sealed class SearchCommandTests
{
    [Fact]
    public async Task Search_prints_the_nearest_chunks_of_the_cabinet()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, cabinetId: 1);
        await new IndexEmbedder(database.Rag, EmbeddingScene.EmbeddersOf(scene.Options)).CheckAsync(TestContext.Current.CancellationToken);
        await scene.AddChunksAsync("куртка [тёплая]", "кастрюля");
        await scene.EmbedAllAsync();
        await scene.ExecuteAsync("UPDATE rag_metadata SET nm_id = 77, business_date = '2026-02-28 22:30:00Z'");
        var run = await SearchAsync(scene, "1", "куртка [тёплая]", "--mode", "vector", "--type", "review", "--article", "77", "--since", "2026-03-01", "--limit", "1");
        Assert.Equal((0, ""), (run.Code, run.Errors));
        var line = Assert.Single(run.Output.Split('\n'), line => line.Contains("куртка [тёплая]", StringComparison.Ordinal));
        Assert.Contains("1.000", line, StringComparison.Ordinal);
        Assert.Contains("01.03.2026", line, StringComparison.Ordinal);
        Assert.DoesNotContain("кастрюля", run.Output, StringComparison.Ordinal);
        Assert.Equal("nothing found\n", (await SearchAsync(scene, "2", "куртка")).Output);
    }

    [Fact]
    public async Task An_index_of_another_embedder_is_not_searched()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, cabinetId: 1);
        await scene.ExecuteAsync("INSERT INTO rag_embedder (model, dimensions) VALUES ('former', 1536)");
        var run = await SearchAsync(scene, "1", "куртка");
        Assert.Equal(1, run.Code);
        Assert.Contains("former (1536 dimensions)", run.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--type", "orders")]
    [InlineData("--since", "1.3.2026")]
    [InlineData("--limit", "0")]
    [InlineData("--article", "-5")]
    public async Task A_filter_that_is_none_is_wrong_usage(string option, string value)
    {
        var run = await CliRun.OnAsync("Host=127.0.0.1;Database=none", "search", "1", "куртка", option, value);
        Assert.Equal(2, run.Code);
    }

    private static Task<CliRun> SearchAsync(EmbeddingScene scene, params string[] arguments) => CliRun.OfAsync(
        new Dictionary<string, string?>
        {
            ["ConnectionStrings__Main"] = scene.ConnectionString,
            ["ConnectionStrings__Rag"] = scene.ConnectionString,
            ["Embeddings__Provider"] = "openai",
            ["Embeddings__Endpoint"] = scene.Server.BaseUrl.ToString(),
        },
        ["search", .. arguments]);
}
