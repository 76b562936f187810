using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Embeddings;

/// <summary>Answers of status 200 that are errors all the same.</summary>
public sealed class DisguisedErrorTests
{
    private static readonly string[] Texts = [.. Enumerable.Range(1, 20).Select(i => $"текст {i}")];

    public static TheoryData<string, FakeAnswer, string> Outages => new()
    {
        { "rate limit", FakeAnswer.ErrorWith200("rate_limit_exceeded", "Rate limit reached for requests"), "Rate limit reached" },
        { "gateway", FakeManners.LiteLlm(429, "throttling_error", "No deployments available"), "No deployments available" },
        { "page", FakeAnswer.With(AnswerFault.Html), "Bad gateway, politely" },
        { "nothing", FakeAnswer.With(AnswerFault.EmptyArray), "0 vectors for" },
        { "empty object", FakeAnswer.WithBody(200, "{}"), "no \"data\"" },
        { "text", FakeAnswer.WithBody(200, "upstream connect error"), "upstream connect error" },
    };

    [Theory]
    [MemberData(nameof(Outages))]
    [Trait("Guarantee", "provider")]
    public async Task The_provider_pauses_for_everybody_and_no_text_is_marked(string name, FakeAnswer answer, string words)
    {
        Assert.NotEmpty(name);
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1);
        await using var other = await EmbeddingScene.SetAsync(database, 2);
        await scene.AddChunksAsync(Texts);
        await other.AddChunksAsync(Texts);
        scene.Server.Script(answer, answer, answer);
        for (var requests = 1; requests <= 2; requests++)
        {
            var result = await scene.EmbedAllAsync();
            Assert.NotNull(result.RetryAt);
            Assert.Null(result.StopError);
            Assert.NotNull((await other.EmbedAllAsync()).RetryAt);
            Assert.Contains(words, await scene.ScalarAsync<string>("SELECT reason FROM rag_provider"), StringComparison.Ordinal);
            await scene.ExecuteAsync("UPDATE rag_provider SET not_before = now()");
        }

        Assert.Empty(other.Server.Requests);
        Assert.Empty(scene.Server.Paid);
        Assert.All(await scene.ChunksAsync(), chunk => Assert.Equal((0, null, null), (chunk.Attempts, chunk.Error, chunk.NextAttemptAt)));
        scene.Server.Script();
        await scene.ExecuteAsync("DELETE FROM rag_provider");
        while (await scene.EmbedAllAsync() is { Embedded: 0 })
        {
            await scene.ExecuteAsync("DELETE FROM rag_provider");
        }

        await scene.AssertEmbeddedAsync(_ => true);
        Assert.Single(scene.Server.Paid);
    }

    [Theory]
    [InlineData("insufficient_quota")]
    [InlineData("invalid_api_key")]
    public async Task A_wrong_key_or_quota_stops_whatever_the_status_says(string code)
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1);
        await scene.AddChunksAsync(Texts);
        scene.Server.Behaviour = _ => FakeAnswer.ErrorWith200(code, "no more");
        var result = await scene.EmbedAllAsync();
        Assert.Contains($"answered 200 ({code})", result.StopError, StringComparison.Ordinal);
        Assert.Single(scene.Server.Requests);
    }

    [Fact]
    [Trait("Guarantee", "poison")]
    public async Task A_text_that_brings_a_page_ends_up_alone()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1);
        await scene.AddChunksAsync([.. Texts, "'; DROP TABLE --"]);
        scene.Server.Behaviour = request => request.Inputs.Any(text => text.Contains("DROP", StringComparison.Ordinal)) ? FakeAnswer.With(AnswerFault.Html) : null;
        for (var round = 0; round < 16; round++)
        {
            await scene.EmbedAllAsync();
            await scene.ExecuteAsync("UPDATE rag_provider SET not_before = now() WHERE not_before IS NOT NULL");
            await scene.ExecuteAsync("UPDATE rag_metadata SET next_attempt_at = NULL");
        }

        await scene.AssertEmbeddedAsync(chunk => !chunk.Text.Contains("DROP", StringComparison.Ordinal));
    }
}
