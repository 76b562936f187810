using RagFunctions.Core.Embeddings;
using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Embeddings;

public sealed class ConfigurationTroubleTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private static readonly string[] Texts = [.. Enumerable.Range(1, 20).Select(i => $"текст {i}")];

    [Theory]
    [Trait("Guarantee", "provider")]
    [Trait("Defect", "59")]
    [InlineData(401, "invalid_api_key")]
    [InlineData(403, "forbidden")]
    [InlineData(404, "DeploymentNotFound")]
    [InlineData(429, "insufficient_quota")]
    [InlineData(402, "payment_required")]
    public async Task Wrong_key_deployment_or_quota_stops_after_one_request_and_marks_nothing(int status, string code)
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync(Texts);
        scene.Server.Behaviour = _ => FakeAnswer.Error(status, code, "no");
        var result = await scene.EmbedAllAsync();
        await AssertStoppedAsync(scene, result, requests: 1);
        Assert.Contains(code, result.StopError, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Guarantee", "provider")]
    [InlineData(400)]
    [InlineData(422)]
    public async Task A_refusal_of_plain_words_too_stops_and_marks_nothing(int status)
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync(Texts);
        scene.Server.Behaviour = _ => FakeAnswer.Error(status, "unknown_model", "there is no such model");
        var result = await scene.EmbedAllAsync();
        await AssertStoppedAsync(scene, result, requests: 2);
        Assert.Single(scene.Server.Requests[1].Inputs);
        Assert.Contains("there is no such model", result.StopError, StringComparison.Ordinal);
        Assert.Contains("Embeddings:", result.StopError, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Guarantee", "provider")]
    public async Task A_wrong_Azure_deployment_stops_and_is_named_by_the_provider()
    {
        await using var server = await FakeEmbeddingsServer.StartAsync(new() { Deployment = "embed", ApiKey = "azure-key" });
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync(Texts);
        var options = EmbeddingClientsTests.AzureOptions(server, "azure-key");
        options.Deployment = "wrong";
        var result = await scene.EmbedderFor(options).EmbedAsync(
            new EmbedBatchInput(scene.CabinetId, Guid.Empty, EmbeddingScene.Token, new(null, null)), TestContext.Current.CancellationToken);
        await AssertStoppedAsync(scene, result, requests: 0);
        Assert.Single(server.Requests);
        Assert.Contains("DeploymentNotFound", result.StopError, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_echoed_by_the_provider_does_not_reach_the_error()
    {
        await using var server = await FakeEmbeddingsServer.StartAsync(new() { ApiKey = "the-right-one" });
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync(Texts);
        var options = EmbeddingScene.OptionsFor(server);
        options.ApiKey = "my very secret";
        var result = await scene.EmbedderFor(options).EmbedAsync(
            new EmbedBatchInput(scene.CabinetId, Guid.Empty, EmbeddingScene.Token, new(null, null)), TestContext.Current.CancellationToken);
        Assert.Contains("Incorrect API key", result.StopError, StringComparison.Ordinal);
        Assert.DoesNotContain("very secret", result.StopError, StringComparison.Ordinal);
    }

    private static async Task AssertStoppedAsync(EmbeddingScene scene, EmbedBatchResult result, int requests)
    {
        Assert.NotNull(result.StopError);
        Assert.Equal((0, 0, null), (result.Embedded, result.FailedChunks, result.RetryAt));
        Assert.Equal(requests, scene.Server.Requests.Count);
        Assert.All(await scene.ChunksAsync(), chunk =>
            Assert.Equal((false, 0, null, null), (chunk.IsEmbedded, chunk.Attempts, chunk.Error, chunk.NextAttemptAt)));
        Assert.Equal(Texts.Length, (await scene.PlanAsync()).PendingChunks);
    }
}
