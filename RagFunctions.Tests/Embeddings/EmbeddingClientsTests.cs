using System.Text;
using RagFunctions.Core.Embeddings.Providers;
using RagFunctions.Dev.Fakes.Embeddings;

namespace RagFunctions.Tests.Embeddings;

public sealed class EmbeddingClientsTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static EmbeddingsOptions AzureOptions(FakeEmbeddingsServer server, string key) => new()
    {
        Provider = EmbeddingsProvider.Azure,
        Endpoint = server.Address.ToString(),
        Deployment = "embed",
        ApiKey = key,
        RetryDelayMilliseconds = 1,
    };

    [Fact]
    public async Task Azure_is_asked_at_its_deployment_with_key_and_dimensions()
    {
        await using var server = await FakeEmbeddingsServer.StartAsync(new() { Deployment = "embed", ApiKey = "azure-key" });
        using var generator = EmbeddingClients.Create(AzureOptions(server, "azure-key"), TimeProvider.System);
        var answer = await generator.GenerateAsync(["Привет", "мир"], cancellationToken: Token);
        Assert.Equal(FakeEmbeddingsServer.VectorOf("мир", 1536), answer[1].Vector.ToArray());
        var request = Assert.Single(server.Requests);
        Assert.StartsWith("/openai/deployments/embed/embeddings?api-version=", request.Path, StringComparison.Ordinal);
        Assert.Equal(1536, request.Dimensions);
        Assert.Equal(request.Tokens, answer.Usage?.TotalTokenCount);
    }

    [Fact]
    public async Task An_OpenAI_compatible_endpoint_is_asked_with_model_and_dimensions()
    {
        await using var server = await FakeEmbeddingsServer.StartAsync(new() { ApiKey = "test-key" });
        var options = EmbeddingScene.OptionsFor(server);
        options.Dimensions = 256;
        using var generator = EmbeddingClients.Create(options, TimeProvider.System);
        var answer = await generator.GenerateAsync(["Отзыв: «тёплая» куртка 👍 \"на вырост\" \n\t\\"], cancellationToken: Token);
        Assert.Equal(256, Assert.Single(answer).Vector.Length);
        var request = Assert.Single(server.Requests);
        Assert.Equal(("/v1/embeddings", "text-embedding-3-small", 256), (request.Path, request.Model, request.Dimensions));
        Assert.Equal("Отзыв: «тёплая» куртка 👍 \"на вырост\" \n\t\\", Assert.Single(request.Inputs));
    }

    [Fact]
    [Trait("Defect", "59")]
    public async Task A_retry_comes_no_earlier_than_the_provider_asks()
    {
        await using var server = await FakeEmbeddingsServer.StartAsync();
        server.Script(FakeAnswer.TooManyRequests() with { Headers = new Dictionary<string, string> { ["retry-after-ms"] = "7000" } }, FakeAnswer.Error(500));
        var time = new RecordedDelays();
        var options = EmbeddingScene.OptionsFor(server);
        // A delay below a millisecond would need no timer, and so leave no record.
        options.RetryDelayMilliseconds = 100;
        using var generator = EmbeddingClients.Create(options, time);
        await generator.GenerateAsync(["текст"], cancellationToken: Token);
        Assert.Equal(3, server.Requests.Count);
        var waits = time.Delays.Where(delay => delay < TimeSpan.FromSeconds(30)).ToList();
        Assert.InRange(waits[0].TotalMilliseconds, 7_000, 7_100);
        Assert.InRange(waits[1].TotalMilliseconds, 50, 200);
    }

    [Theory]
    [Trait("Guarantee", "right-vector")]
    [Trait("Defect", "59")]
    [InlineData("Retry-After", "100", 100)]
    [InlineData("retry-after-ms", "90000", 90)]
    [InlineData("x-ratelimit-reset-tokens", "1m30s", 90)]
    [InlineData("x-ratelimit-reset-requests", "2m0s", 120)]
    public async Task A_wait_beyond_the_budget_is_told_at_once(string header, string value, double seconds)
    {
        await using var server = await FakeEmbeddingsServer.StartAsync();
        server.Behaviour = _ => FakeAnswer.TooManyRequests() with
        {
            Headers = new Dictionary<string, string> { [header] = value, ["x-ratelimit-remaining-tokens"] = "0", ["x-ratelimit-remaining-requests"] = "0" },
        };
        using var generator = EmbeddingClients.Create(EmbeddingScene.OptionsFor(server), TimeProvider.System);
        var error = await Assert.ThrowsAsync<EmbeddingProviderException>(() => generator.GenerateAsync(["текст"], cancellationToken: Token));
        Assert.Equal((ProviderTrouble.Wait, TimeSpan.FromSeconds(seconds)), (error.Trouble, error.RetryAfter));
        Assert.Single(server.Requests);
    }

    [Theory]
    [Trait("Guarantee", "provider")]
    [InlineData(40, "40, 35")]
    [InlineData(40, "35", "40")]
    [InlineData(90, "5,5 , 90")]
    public async Task Of_several_waits_the_longest_counts(double seconds, params string[] headers)
    {
        await using var server = await FakeEmbeddingsServer.StartAsync();
        server.Behaviour = _ => FakeAnswer.TooManyRequests() with { RetryAfters = headers };
        using var generator = EmbeddingClients.Create(EmbeddingScene.OptionsFor(server), TimeProvider.System);
        var error = await Assert.ThrowsAsync<EmbeddingProviderException>(() => generator.GenerateAsync(["текст"], cancellationToken: Token));
        Assert.Equal(TimeSpan.FromSeconds(seconds), error.RetryAfter);
        Assert.Single(server.Requests);
    }

    [Theory]
    [Trait("Guarantee", "provider")]
    [InlineData("""{"error":{"message":"слишком длинно","type":"invalid_request_error","param":null,"code":null}}""", "(invalid_request_error): слишком длинно")]
    [InlineData("""{"error":"слишком длинно","error_type":"Validation"}""", "(Validation): слишком длинно")]
    [InlineData("""{"object":"error","message":"слишком длинно","type":"BadRequestError","param":null,"code":400}""", "(400): слишком длинно")]
    [InlineData("""{"detail":"слишком длинно"}""", "слишком длинно")]
    [InlineData("""{"detail":[{"loc":["body"],"msg":"слишком длинно","type":"x"}]}""", "слишком длинно")]
    [InlineData("слишком длинно", "слишком длинно")]
    [InlineData("<html><head><style>p{}</style></head><body><h1>слишком</h1> длинно</body></html>", "слишком длинно")]
    public async Task The_words_of_a_refusal_are_kept_whoever_writes_them(string body, string words)
    {
        await using var server = await FakeEmbeddingsServer.StartAsync();
        server.Behaviour = _ => FakeAnswer.WithBody(400, body);
        using var generator = EmbeddingClients.Create(EmbeddingScene.OptionsFor(server), TimeProvider.System);
        var error = await Assert.ThrowsAsync<EmbeddingProviderException>(() => generator.GenerateAsync(["текст"], cancellationToken: Token));
        Assert.Equal(ProviderTrouble.Refuse, error.Trouble);
        Assert.Contains(words, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_caller_that_gives_up_is_not_an_outage()
    {
        await using var server = await FakeEmbeddingsServer.StartAsync();
        using var cancelled = new CancellationTokenSource();
        server.BeforeAnswer = _ => cancelled.CancelAsync();
        server.Behaviour = _ => FakeAnswer.With(AnswerFault.Hang);
        using var generator = EmbeddingClients.Create(EmbeddingScene.OptionsFor(server), TimeProvider.System);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => generator.GenerateAsync(["текст"], cancellationToken: cancelled.Token));
    }

    [Theory]
    [InlineData("Incorrect API key provided: sk-abcd***********wxyz. You can find it", "sk-abcd")]
    [InlineData("bad header Authorization: Bearer abc.def.ghi", "abc.def")]
    [InlineData("key 0123456789abcdef0123456789abcdef is wrong", "0123456789abcdef")]
    [InlineData("token eyJhbGciOi.eyJzdWIi.c2lnbmF0dXJl", "eyJ")]
    [InlineData("the password hunter2 is known to us", "hunter2")]
    public void What_looks_like_a_credential_is_taken_out_of_an_error(string text, string secret) =>
        Assert.DoesNotContain(secret, SecretRedaction.Redact(text, "hunter2"), StringComparison.Ordinal);

    [Fact]
    public void Vectors_as_numbers_are_read_like_base64_and_properties_in_any_order()
    {
        var body = Encoding.UTF8.GetBytes("""{"usage":{"total_tokens":7,"prompt_tokens":6},"data":[{"embedding":[0.5,-1e-3,2],"x":{"y":[]},"index":1},{"index":0,"embedding":"AACAPwAAAEAAAEBA"}],"model":"m"}""");
        var answer = EmbeddingAnswerReader.Read(body, inputs: 2, dimensions: 3);
        Assert.Equal([1f, 2f, 3f], answer.Vectors[0]);
        Assert.Equal([0.5f, -1e-3f, 2f], answer.Vectors[1]);
        Assert.Equal(7, answer.Tokens);
    }

    [Theory]
    [Trait("Guarantee", "right-vector")]
    [Trait("Defect", "6")]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"data":null}""")]
    [InlineData("""{"data":[null]}""")]
    [InlineData("""{"data":[{"index":0}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":null}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":{}}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":"не base64"}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":"AACAPw=="}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1,"2",3]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1,2,3,4]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1,2,1e60]}]}""")]
    [InlineData("""{"data":[{"index":0.5,"embedding":[1,2,3]}]}""")]
    [InlineData("""{"data":[{"index":"0","embedding":[1,2,3]}]}""")]
    [InlineData("""{"data":[{"index":-1,"embedding":[1,2,3]}]}""")]
    [InlineData("""{"data":[{"index":99999999999,"embedding":[1,2,3]}]}""")]
    [InlineData("""{"data":[{"index":0,"embedding":[1,2,3]}]} trailing""")]
    public void Any_other_body_is_an_unusable_answer(string body) =>
        Assert.Throws<EmbeddingAnswerException>(() => EmbeddingAnswerReader.Read(Encoding.UTF8.GetBytes(body), inputs: 1, dimensions: 3));
}
