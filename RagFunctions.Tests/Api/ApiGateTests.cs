using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using RagFunctions.Api;

namespace RagFunctions.Tests.Api;

public sealed class ApiGateTests(AppFixture app) : IClassFixture<AppFixture>
{
    public static TheoryData<string, string> GuardedRoutes =>
    [
        ("POST", "/v1/rag/index/1"),
        ("POST", "/v1/rag/index"),
        ("POST", "/api/v1/sync/cabinet/1"),
        ("POST", "/api/v1/sync"),
        ("GET", "/v1/rag/status/1"),
        ("GET", "/v1/rag/runs/1"),
        ("GET", "/v1/rag/runs/1/7f8e0a6e-0000-0000-0000-000000000000"),
        ("GET", "/v1/rag/metrics/1"),
        ("POST", "/v1/rag/search/1"),
        ("GET", "/v1/rag/cabinets"),
        ("GET", "/v1/rag/overview"),
        ("GET", "/v1/rag/history"),
        ("GET", "/v1/rag/history/1"),
        ("GET", "/v1/rag/details/1"),
        ("GET", "/v1/rag/failures/1"),
    ];

    [Theory]
    [Trait("Guarantee", "keys")]
    [Trait("Defect", "53")]
    [MemberData(nameof(GuardedRoutes))]
    public async Task Without_a_right_key_every_route_is_a_403_and_nothing_happens(string method, string path)
    {
        foreach (var key in (string?[])[null, "wrong", AppFixture.OperatorKey + "x", AppFixture.OperatorKey[..^1]])
        {
            using var answer = await app.SendAsync(new HttpMethod(method), path, key);
            await AssertProblemAsync(answer, 403);
        }

        Assert.Equal(0, await app.CountAsync("SELECT count(*) FROM rag_index_status"));
        Assert.Empty(await app.Durable.LiveAsync());
    }

    [Theory]
    [Trait("Guarantee", "tenants")]
    [Trait("Defect", "54")]
    [InlineData("GET", "/v1/rag/status/2")]
    [InlineData("POST", "/v1/rag/index/2")]
    [InlineData("GET", "/v1/rag/metrics/2")]
    [InlineData("POST", "/v1/rag/search/2")]
    [InlineData("GET", "/v1/rag/cabinets")]
    [InlineData("POST", "/v1/rag/index")]
    [InlineData("POST", "/api/v1/sync/cabinet/2")]
    [InlineData("POST", "/api/v1/sync")]
    public async Task A_limited_key_opens_no_other_cabinet_and_not_all(string method, string path)
    {
        using var answer = await app.SendAsync(new HttpMethod(method), path, AppFixture.LimitedKey);
        await AssertProblemAsync(answer, 403);
    }

    [Fact]
    public async Task A_limited_key_opens_its_own_cabinet()
    {
        using var answer = await app.SendAsync(HttpMethod.Get, "/v1/rag/status/1", AppFixture.LimitedKey);
        Assert.Equal(200, (int)answer.StatusCode);
    }

    [Fact]
    [Trait("Guarantee", "keys")]
    [Trait("Defect", "53")]
    public async Task Both_operator_keys_are_valid_at_once()
    {
        foreach (var key in (string[])[AppFixture.OperatorKey, AppFixture.NextOperatorKey])
        {
            using var answer = await app.SendAsync(HttpMethod.Get, "/v1/rag/status/2", key);
            Assert.Equal(200, (int)answer.StatusCode);
        }
    }

    [Fact]
    [Trait("Guarantee", "keys")]
    public async Task Health_is_open()
    {
        var health = await app.AskAsync(HttpMethod.Get, "/v1/rag/health", 200, key: null);
        Assert.Equal(("ok", "ok", "ok"), ((string?)health["status"], (string?)health["databases"]!["main"], (string?)health["databases"]!["rag"]));
    }

    [Theory]
    [Trait("Guarantee", "keys")]
    [Trait("Defect", "56")]
    [InlineData("abc-1.2_3", true)]
    [InlineData("with space", false)]
    [InlineData("<script>", false)]
    public async Task A_plain_correlation_id_is_kept_and_any_other_replaced(string given, bool isKept)
    {
        using var answer = await app.SendAsync(HttpMethod.Get, "/v1/rag/status/x", correlation: given);
        var problem = await AssertProblemAsync(answer, 400);
        var id = answer.Headers.GetValues("X-Correlation-ID").Single();
        Assert.Equal(isKept, id == given);
        Assert.Equal(id, (string?)problem["correlation_id"]);
    }

    [Fact]
    [Trait("Guarantee", "keys")]
    [Trait("Defect", "56")]
    public async Task An_exception_is_a_500_that_tells_nothing()
    {
        await app.CountAsync("ALTER TABLE rag_index_runs RENAME TO away; SELECT 0");
        try
        {
            using var answer = await app.SendAsync(HttpMethod.Get, "/v1/rag/runs/1");
            var problem = await AssertProblemAsync(answer, 500);
            Assert.DoesNotContain("rag_index_runs", problem.ToJsonString(), StringComparison.Ordinal);
        }
        finally
        {
            await app.CountAsync("ALTER TABLE away RENAME TO rag_index_runs; SELECT 0");
        }
    }

    [Fact]
    public void Without_configured_keys_nobody_gets_in()
    {
        var ring = new ApiKeyRing(Options.Create(new ApiKeysOptions()));
        Assert.True(ring.IsEmpty);
        Assert.Null(ring.Find(""));
        Assert.Null(ring.Find("anything"));
    }

    [Fact]
    [Trait("Guarantee", "keys")]
    public void Every_key_is_compared_whichever_is_given()
    {
        // Of two that are the same the last one counts: nothing ends the search at the first.
        var ring = new ApiKeyRing(Options.Create(new ApiKeysOptions
        {
            Keys = { new ApiKeyOptions { Key = "long-enough-for-a-key" }, new ApiKeyOptions { Key = "long-enough-for-a-key", Cabinets = "1" } },
        }));
        Assert.False(ring.Find("long-enough-for-a-key")!.IsOperator);
    }

    [Theory]
    [Trait("Guarantee", "keys")]
    [Trait("Defect", "53")]
    [InlineData("short", null, "Api:Keys:0:Key")]
    [InlineData("@Microsoft.KeyVault(SecretUri=https://kv.example/secrets/api-key)", null, "Api:Keys:0:Key is a reference")]
    [InlineData("long-enough-for-a-key", "1,x", "Api:Keys:0:Cabinets")]
    [InlineData("long-enough-for-a-key", "", "Api:Keys:0:Cabinets")]
    [InlineData("long-enough-for-a-key", "0", "Api:Keys:0:Cabinets")]
    public void Keys_that_cannot_be_meant_stop_the_start(string key, string? cabinets, string setting)
    {
        var options = new ApiKeysOptions { Keys = { new ApiKeyOptions { Key = key, Cabinets = cabinets } } };
        Assert.Contains(options.Validate(new(options)), result => result.ErrorMessage!.StartsWith(setting, StringComparison.Ordinal));
    }

    private static async Task<JsonNode> AssertProblemAsync(HttpResponseMessage answer, int status)
    {
        Assert.Equal((status, "application/problem+json"), ((int)answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
        var problem = JsonNode.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal(status, (int)problem["status"]!);
        Assert.False(string.IsNullOrEmpty((string?)problem["detail"]));
        return problem;
    }
}
