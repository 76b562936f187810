using System.Text.Json.Nodes;
using RagFunctions.Tests.Cli;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Api;

/// <summary>The search over HTTP, on an index that the app itself has made.</summary>
public sealed class SearchApiTests(IndexedAppFixture indexed) : IClassFixture<IndexedAppFixture>
{
    private static readonly string[] Refused =
    [
        "", "{}", "[]", "null", "{\"query\":\"\"}", "{\"query\":\" \"}", "{\"query\":1}", "{\"query\":null}", "{\"Query\":\"к\"}", "{\"query\":\"к\",\"query\":\"л\"}",
        "{\"query\":\"к\\u0000\"}", "{\"query\":\"к\",\"mode\":\"Hybrid\"}", "{\"query\":\"к\",\"mode\":null}", "{\"query\":\"к\",\"limit\":0}", "{\"query\":\"к\",\"limit\":201}",
        "{\"query\":\"к\",\"limit\":\"5\"}", "{\"query\":\"к\",\"limit\":1.5}", "{\"query\":\"к\",\"kinds\":[]}", "{\"query\":\"к\",\"kinds\":[\"order\"]}", "{\"query\":\"к\",\"kinds\":\"orders\"}",
        "{\"query\":\"к\",\"articles\":[]}", "{\"query\":\"к\",\"articles\":[0]}", "{\"query\":\"к\",\"articles\":[\"1\"]}", "{\"query\":\"к\",\"from\":\"1.11.2026\"}", "{\"query\":\"к\",\"from\":\"2026-13-01\"}",
        "{\"query\":\"к\",\"from\":\"0001-01-01\"}", "{\"query\":\"к\",\"from\":\"2026-11-02\",\"to\":\"2026-11-01\"}", "{\"query\":\"к\",\"min_score\":-0.1}", "{\"query\":\"к\",\"min_score\":1.1}",
        "{\"query\":\"к\",\"min_score\":\"0\"}", "{\"query\":\"к\",\"cabinet_id\":2}", "{\"query\":\"к\",\"filter\":{}}", "{\"query\":",
    ];

    private AppFixture App => indexed.App;

    public static TheoryData<string> Bodies => [.. Refused, $"{{\"query\":\"{new string('к', 2_001)}\"}}"];

    [Theory]
    [InlineData("hybrid")]
    [InlineData("vector")]
    [InlineData("text")]
    public async Task A_question_finds_rows_of_its_cabinet_and_says_how(string mode)
    {
        var answer = await AskAsync(new { query = "Кружка 3", mode, limit = 3, kinds = new[] { "products" } });
        Assert.Equal((1, mode), ((int)answer["cabinet_id"]!, (string?)answer["mode"]));
        Assert.Equal(mode == "text" ? null : "offline-feature-hashing-v1", (string?)answer["model"]);
        var hits = answer["hits"]!.AsArray();
        Assert.Equal(3, hits.Count);
        Assert.Equal(("products", 100_003, 0), ((string?)hits[0]!["kind"], (int)hits[0]!["article"]!, (int)hits[0]!["chunk_index"]!));
        Assert.Equal(
            ["kind", "row_id", "chunk_index", "article", "date", "score", "similarity", "vector_rank", "text_rank", "text_share", "text"],
            hits[0]!.AsObject().Select(pair => pair.Key));
        Assert.Equal(mode != "text", hits[0]!["vector_rank"] is not null);
        Assert.Equal(mode != "vector", hits[0]!["text_rank"] is not null);
        Assert.Equal(
            1, await App.CountAsync($"SELECT count(*) FROM wb_products WHERE cabinet_id = 1 AND nm_id = 100003 AND id = {(long)hits[0]!["row_id"]!}"));
    }

    [Fact]
    public async Task All_doors_give_the_same_hits()
    {
        var api = await AskAsync(new { query = "заказ кружки 2", limit = 7, mode = "hybrid", articles = new[] { 100_002, 100_003 }, min_score = 0.1 });
        var cli = await CliRun.OfAsync(
            new Dictionary<string, string?>
            {
                ["ConnectionStrings__Main"] = App.Database.ConnectionString,
                ["ConnectionStrings__Rag"] = App.Database.ConnectionString,
                ["Embeddings__Provider"] = "offline",
            },
            "search", "1", "заказ кружки 2", "--limit", "200", "--min-score", "0.1", "--json");
        Assert.Equal((0, ""), (cli.Code, cli.Errors));
        var both = JsonNode.Parse(cli.Output)!["hits"]!.AsArray().Where(hit => (int)hit!["article"]! is 100_002 or 100_003).Take(7).Select(hit => (long)hit!["row_id"]!);
        Assert.Equal(api["hits"]!.AsArray().Select(hit => (long)hit!["row_id"]!).Order(), both.Order());
    }

    [Theory]
    [Trait("Guarantee", "tenants")]
    [InlineData(2, 403)]
    [InlineData(1, 200)]
    [InlineData(77, 200)]
    public async Task A_key_opens_the_search_of_its_cabinets_only(long cabinet, int status) =>
        await App.AskAsync(HttpMethod.Post, $"/v1/rag/search/{cabinet}", status, AppFixture.Json("{\"query\":\"кружка\"}"), AppFixture.LimitedKey);

    [Theory]
    [MemberData(nameof(Bodies))]
    public async Task A_body_that_is_not_understood_is_refused(string body)
    {
        var answer = await App.AskAsync(HttpMethod.Post, "/v1/rag/search/1", 400, AppFixture.Json(body));
        Assert.NotEmpty((string)answer["detail"]!);
    }

    [Fact]
    public async Task While_the_provider_pauses_a_503_says_when_to_ask_again()
    {
        await App.Database.Source.ExecuteAsync("INSERT INTO rag_provider (not_before) VALUES (now() + interval '1 hour') ON CONFLICT (singleton) DO UPDATE SET not_before = EXCLUDED.not_before");
        using var answer = await App.SendAsync(HttpMethod.Post, "/v1/rag/search/1", content: AppFixture.Json("{\"query\":\"вопрос без ответа\"}"));
        Assert.Equal(503, (int)answer.StatusCode);
        Assert.InRange(answer.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 3_000, 3_600);
        await App.AskAsync(HttpMethod.Post, "/v1/rag/search/1", 200, AppFixture.Json("{\"query\":\"вопрос\",\"mode\":\"text\"}"));
        await App.Database.Source.ExecuteAsync("DELETE FROM rag_provider");
    }

    private Task<JsonNode> AskAsync(object body) =>
        App.AskAsync(HttpMethod.Post, "/v1/rag/search/1", 200, AppFixture.Json(System.Text.Json.JsonSerializer.Serialize(body)), AppFixture.LimitedKey);
}

/// <summary>The app with the index of its first two cabinets.</summary>
public sealed class IndexedAppFixture : IAsyncLifetime
{
    public AppFixture App { get; } = new();

    public async ValueTask InitializeAsync()
    {
        await App.InitializeAsync();
        foreach (var cabinet in (long[])[1, 2])
        {
            await App.AskAsync(HttpMethod.Post, $"/v1/rag/index/{cabinet}?full_rebuild=true", 202);
        }

        await App.BecomesIdleAsync(1);
        await App.BecomesIdleAsync(2);
    }

    public ValueTask DisposeAsync() => App.DisposeAsync();
}
