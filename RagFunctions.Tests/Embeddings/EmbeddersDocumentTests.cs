using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Embeddings.Providers;
using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Generations;
using RagFunctions.Tests.Infra;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Embeddings;

/// <summary>Each example of docs/embedders.md, with its own settings, against a server with the manners of the one it is for.</summary>
public sealed class EmbeddersDocumentTests
{
    public static TheoryData<string, FakeManners, int> Examples => new()
    {
        { "Azure OpenAI", new FakeManners(), 1 },
        { "OpenAI", new FakeManners(), 1 },
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
            own => Take(own, options),
            new FakeEmbeddingsOptions { Manners = manners, Deployment = options.Deployment });
        Assert.True(await new EmptyIndex(database.Rag).TrySwitchAsync(options.Dimensions, TestContext.Current.CancellationToken));
        await scene.AddChunksAsync([.. Enumerable.Range(0, 100).Select(i => $"Товар {i}")]);
        var result = await scene.EmbedAllAsync();
        Assert.Equal((100, 0, null, null, null), (result.Embedded, result.FailedChunks, result.StopError, result.RetryAt, result.Error));
        Assert.All(await scene.ChunksAsync(), chunk => Assert.Equal(
            FakeEmbeddingsServer.VectorOf(options.PassagePrefix + chunk.Text, options.Dimensions), chunk.Vector));
        Assert.InRange(scene.Server.Requests.Count, 1, mostRequests);
        Assert.All(scene.Server.Requests.Skip(1), request => Assert.Equal(options.SendsDimensions, request.AskedDimensions is not null));

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

    [Fact]
    [Trait("Guarantee", "model-change")]
    public async Task The_example_of_a_change_builds_the_next_generation()
    {
        await using var world = await SwitchWorld.CreateAsync();
        var cabinet = await world.AddCabinetAsync(20);
        world.Server.ForgetRequests();
        var worker = world.AddWorker(knowsNext: false, settings =>
        {
            (settings["Embeddings:Provider"], settings["Embeddings:Endpoint"]) = ("azure", world.Server.Address.ToString());
            (settings["Embeddings:Deployment"], settings["Embeddings:ApiKey"]) = ("small", "key");
            foreach (var (name, value) in Example("Changing the model"))
            {
                settings[name] = value;
            }
        });
        Assert.True(await worker.GetRequiredService<ModelSwitch>().BeginAsync(SwitchWorld.Next, SwitchWorld.Stop));
        await world.RunAsync(cabinet, worker);
        await world.AssertRightAsync(cabinet);
        Assert.True(await world.HasMovedAsync(cabinet));
        Assert.All(world.Server.Requests, request => Assert.Contains("/deployments/large/", request.Path, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_example_of_the_document_is_run_here()
    {
        var sections = Document().Split("\n## ").Where(section => section.Contains("```json", StringComparison.Ordinal)).ToList();
        Assert.Equal(
            Examples.Select(row => row.Data.Item1).Append("Changing the model").Order(StringComparer.Ordinal),
            sections.Select(section => section.Split('\n')[0]).Order(StringComparer.Ordinal));
        Assert.All(sections, section => Assert.Equal(2, section.Split("```json").Length));
    }

    // All that the example says, but for where and by which key: there is a stand-in in the place of the server.
    private static void Take(EmbeddingsOptions own, EmbeddingsOptions example)
    {
        var endpoint = new Uri(own.Endpoint!);
        foreach (var property in typeof(EmbeddingsOptions).GetProperties().Where(property => property.CanWrite))
        {
            if (property.Name is not (nameof(own.Endpoint) or nameof(own.ApiKey) or nameof(own.RetryDelayMilliseconds)))
            {
                property.SetValue(own, property.GetValue(example));
            }
        }

        if (own.Provider == EmbeddingsProvider.Azure)
        {
            own.Endpoint = endpoint.GetLeftPart(UriPartial.Authority);
        }
    }

    private static EmbeddingsOptions Settings(string server)
    {
        var options = new EmbeddingsOptions();
        new ConfigurationBuilder().AddInMemoryCollection(Example(server)).Build().GetSection(EmbeddingsOptions.Section).Bind(options);
        return options;
    }

    private static Dictionary<string, string?> Example(string title)
    {
        var document = Document();
        var section = document[document.IndexOf($"\n## {title}\n", StringComparison.Ordinal)..];
        var start = section.IndexOf("```json", StringComparison.Ordinal) + "```json".Length;
        var json = section[start..section.IndexOf("```", start, StringComparison.Ordinal)];
        return JsonSerializer.Deserialize<Dictionary<string, string>>(json)!
            .ToDictionary(value => value.Key.Replace("__", ":", StringComparison.Ordinal), value => (string?)value.Value);
    }

    private static string Document() => File.ReadAllText(Repository.PathOf("docs/embedders.md"));
}
