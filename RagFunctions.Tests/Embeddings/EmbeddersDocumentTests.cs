using System.Text.Json;
using Microsoft.Extensions.Configuration;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Embeddings.Providers;
using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Infra;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Embeddings;

/// <summary>Each example of docs/embedders.md, with its own settings, against a server with the manners of the one it is for.</summary>
public sealed class EmbeddersDocumentTests
{
    public static TheoryData<string, FakeManners, int> Examples => new()
    {
        { "Ollama", FakeManners.Ollama("nomic-embed-text", 768), 3 },
        { "vLLM", FakeManners.Vllm("BAAI/bge-m3", 1_024), 3 },
        { "text-embeddings-inference", FakeManners.TextEmbeddingsInference(1_024), 4 },
        { "LiteLLM", FakeManners.LiteLlm("embeddings", 1_024), 3 },
    };

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task The_example_embeds_every_text_and_finds_nothing_refused_twice(string server, FakeManners manners, int mostRequests)
    {
        await using var database = await TestDatabase.CreateAsync();
        var options = Settings(server);
        Assert.True(new EmbeddingsOptionsValidator().Validate(null, options).Succeeded);
        await using var scene = await EmbeddingScene.SetAsync(
            database,
            1,
            own => (own.Model, own.Dimensions, own.MaxInputsPerRequest, own.SendDimensions, own.QueryPrefix, own.PassagePrefix, own.PricePerMillionTokens) =
                (options.Model, options.Dimensions, options.MaxInputsPerRequest, options.SendDimensions, options.QueryPrefix, options.PassagePrefix, options.PricePerMillionTokens),
            new FakeEmbeddingsOptions { Manners = manners });
        Assert.True(await new EmptyIndex(database.Rag).TrySwitchAsync(options.Dimensions, TestContext.Current.CancellationToken));
        await scene.AddChunksAsync([.. Enumerable.Range(0, 100).Select(i => $"Товар {i}")]);
        var result = await scene.EmbedAllAsync();
        Assert.Equal((100, 0, null, null, null), (result.Embedded, result.FailedChunks, result.StopError, result.RetryAt, result.Error));
        Assert.All(await scene.ChunksAsync(), chunk => Assert.Equal(
            FakeEmbeddingsServer.VectorOf(options.PassagePrefix + chunk.Text, options.Dimensions), chunk.Vector));
        Assert.InRange(scene.Server.Requests.Count, 1, mostRequests);
        Assert.All(scene.Server.Requests.Skip(1), request => Assert.Equal(options.SendDimensions == true, request.AskedDimensions is not null));

        // What was refused is remembered.
        scene.Server.ForgetRequests();
        await scene.AddChunksAsync("ещё один");
        Assert.Equal(1, (await scene.EmbedAllAsync()).Embedded);
        Assert.Single(scene.Server.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_length_or_base64_that_is_refused_is_left_out_once_and_for_all(bool length)
    {
        await using var database = await TestDatabase.CreateAsync();
        var all = FakeManners.LiteLlm("text-embedding-3-small", 1_536);
        var manners = length ? all with { RefusesBase64 = null } : all with { RefusesDimensions = null };
        await using var scene = await EmbeddingScene.SetAsync(database, 1, _ => { }, new FakeEmbeddingsOptions { Manners = manners });
        await scene.AddChunksAsync("один", "два");
        Assert.Equal(2, (await scene.EmbedAllAsync()).Embedded);
        Assert.Equal((1, 2), (scene.Server.Paid.Count, scene.Server.Requests.Count));
        await scene.AddChunksAsync("три");
        Assert.Equal(1, (await scene.EmbedAllAsync()).Embedded);
        Assert.Equal(3, scene.Server.Requests.Count);
    }

    [Fact]
    public async Task A_length_that_the_model_does_not_have_stops_and_says_so()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(
            database, 1, options => options.Model = "bge-m3", new FakeEmbeddingsOptions { Manners = FakeManners.Vllm("bge-m3", 1_024) });
        await scene.AddChunksAsync("один", "два");
        var result = await scene.EmbedAllAsync();
        Assert.Contains("1024 numbers", result.StopError, StringComparison.Ordinal);
        Assert.Contains("Embeddings:", result.StopError, StringComparison.Ordinal);
        Assert.All(await scene.ChunksAsync(), chunk => Assert.Equal(0, chunk.Attempts));
    }

    [Fact]
    public async Task A_batch_limit_that_is_not_set_costs_refusals_and_no_payment()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(
            database, 1, _ => { }, new FakeEmbeddingsOptions { Manners = FakeManners.TextEmbeddingsInference(1_536) });
        await scene.AddChunksAsync([.. Enumerable.Range(0, 100).Select(i => $"Товар {i}")]);
        Assert.Equal(100, (await scene.EmbedAllAsync()).Embedded);
        Assert.Equal(101, scene.Server.Paid.Sum(request => request.Inputs.Count));
    }

    private static EmbeddingsOptions Settings(string server)
    {
        var document = File.ReadAllText(Repository.PathOf("docs/embedders.md"));
        var section = document[document.IndexOf($"## {server}", StringComparison.Ordinal)..];
        var start = section.IndexOf("```json", StringComparison.Ordinal) + "```json".Length;
        var json = section[start..section.IndexOf("```", start, StringComparison.Ordinal)];
        var values = JsonSerializer.Deserialize<Dictionary<string, string>>(json)!;
        var options = new EmbeddingsOptions();
        new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(value => KeyValuePair.Create(value.Key.Replace("__", ":", StringComparison.Ordinal), (string?)value.Value)))
            .Build()
            .GetSection(EmbeddingsOptions.Section)
            .Bind(options);
        return options;
    }
}
