using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace RagFunctions.Tests.Api;

/// <summary>What is not understood is refused with a reason, and changes nothing.</summary>
public sealed class MalformedRequestTests(AppFixture app) : IClassFixture<AppFixture>
{
    private static readonly string[] BadIds =
        ["x", "0", "-1", "+1", "1.0", "1e3", "0x1", "9223372036854775808", "99999999999999999999999", "1,2", "%201", "1%20", "%D9%A1", "null", "1;drop"];

    private static readonly string[] BadQueries =
    [
        "full_rebuild=", "full_rebuild=1", "full_rebuild=yes", "full_rebuild=true&full_rebuild=true", "full_rebuild=true,false", "Full_Rebuild=true",
        "allow_mass_delete=", "allow_mass_delete=0", "allow_mass_delete=да", "full=true", "mode=full", "changed_ids=1", "=true", "full_rebuild[]=true",
    ];

    private static readonly string[] BadValues =
    [
        "0", "-1", "1.0", "1.5", "1e3", "9223372036854775808", "-9223372036854775809", "1e400", "\"1\"", "\"\"", "null", "true", "false", "{}", "[]", "[1]", "{\"id\":1}",
    ];

    private static readonly string[] BadBodies =
    [
        "x", "{", "}", "[", "\"", "{\"changed_ids\"", "{\"changed_ids\":", "{\"changed_ids\":{}", "{\"changed_ids\":{}}x", "{\"changed_ids\":{}}{}", "{'changed_ids':{}}",
        "{\"changed_ids\":{},}", "{\"changed_ids\":{\"orders\":[1,]}}", "{\"changed_ids\":{\"orders\":[01]}}", "{\"changed_ids\":{\"orders\":[NaN]}}",
        "{/* c */\"changed_ids\":{}}", "null", "1", "\"text\"", "true", "[]", "[1]", "[{\"changed_ids\":{}}]",
        "{\"changed_ids\":null}", "{\"changed_ids\":[]}", "{\"changed_ids\":[1]}", "{\"changed_ids\":1}", "{\"changed_ids\":\"orders\"}", "{\"changed_ids\":true}",
        "{\"Changed_ids\":{}}", "{\"changedIds\":{}}", "{\"ids\":[1]}", "{\"changed_ids\":{},\"more\":1}", "{\"full_rebuild\":true}",
        "{\"changed_ids\":{},\"changed_ids\":{}}", "{\"changed_ids\":{\"orders\":[1],\"orders\":[2]}}",
        "{\"changed_ids\":{\"order\":[1]}}", "{\"changed_ids\":{\"Orders\":[1]}}", "{\"changed_ids\":{\"wb_orders\":[1]}}", "{\"changed_ids\":{\"cabinets\":[1]}}",
        "{\"changed_ids\":{\"\":[1]}}", "{\"changed_ids\":{\"*\":[0]}}", "{\"changed_ids\":{\"orders\":1}}", "{\"changed_ids\":{\"orders\":\"1\"}}",
        "{\"changed_ids\":{\"orders\":null}}", "{\"changed_ids\":{\"orders\":{}}}", "{\"changed_ids\":{\"orders\":{\"0\":1}}}", "{\"changed_ids\":{\"orders\":true}}",
        "{\"changed_ids\":{\"orders\":[[[[[[[[[1]]]]]]]]]}}", "\ufeff\ufeff{}", "\0",
    ];

    public static TheoryData<string, string, string?> Requests =>
    [
        .. BadIds.SelectMany(id => (string[])["POST /v1/rag/index/", "GET /v1/rag/status/", "GET /v1/rag/runs/", "GET /v1/rag/metrics/", "POST /v1/rag/search/", "POST /api/v1/sync/cabinet/"],
            (id, route) => (route.Split(' ')[0], route.Split(' ')[1] + id, (string?)null)),
        .. BadQueries.Select(query => ("POST", "/v1/rag/index/1?" + query, (string?)null)),
        .. BadQueries.Append("allow_mass_delete=true").Select(query => ("POST", "/v1/rag/index?" + query, (string?)null)),
        .. BadValues.Select(value => ("POST", "/v1/rag/index/1", (string?)$"{{\"changed_ids\":{{\"orders\":[1,{value}]}}}}")),
        .. BadBodies.Select(body => ("POST", "/v1/rag/index/1", (string?)body)),
        .. BadBodies.Select(body => ("POST", "/v1/rag/index/1?full_rebuild=true", (string?)body)),
        ("POST", "/v1/rag/index", "{\"changed_ids\":{\"orders\":[1]}}"),
        ("POST", "/v1/rag/index/404", null),
        ("POST", "/v1/rag/index/3", null),
        .. BadQueries.Append("force=true").SelectMany(
            _ => (string[])["/api/v1/sync/cabinet/1?", "/api/v1/sync?"], (query, route) => ("POST", route + query, (string?)null)),
        .. BadBodies.Append("{}").Append(" ").SelectMany(
            _ => (string[])["/api/v1/sync/cabinet/1", "/api/v1/sync"], (body, route) => ("POST", route, (string?)body)),
        ("POST", "/api/v1/sync/cabinet/404", null),
        ("POST", "/api/v1/sync/cabinet/3", null),
        ("GET", "/v1/rag/runs/1/x", null),
        ("GET", "/v1/rag/runs/1/7f8e0a6e-0000-0000-0000-000000000000", null),
        ("GET", "/v1/rag/metrics/1", null),
    ];

    [Theory(DisableDiscoveryEnumeration = true)]
    [Trait("Guarantee", "keys")]
    [Trait("Defect", "45")]
    [Trait("Defect", "55")]
    [MemberData(nameof(Requests))]
    public async Task A_request_that_is_not_understood_gets_a_problem_and_changes_nothing(string method, string path, string? body)
    {
        using var content = body is null ? null : AppFixture.Json(body);
        using var answer = await app.SendAsync(new HttpMethod(method), path, content: content);
        await AssertRefusedAsync(answer, path.EndsWith("404", StringComparison.Ordinal) || path.EndsWith("/3", StringComparison.Ordinal) || method == "GET" ? 0 : 400);
    }

    [Fact]
    [Trait("Guarantee", "keys")]
    [Trait("Defect", "55")]
    public async Task More_than_100_000_ids_are_refused_over_all_entities_together()
    {
        var half = string.Join(',', Enumerable.Range(1, 50_001));
        using var content = AppFixture.Json($"{{\"changed_ids\":{{\"orders\":[{half}],\"sales\":[{half}]}}}}");
        using var answer = await app.SendAsync(HttpMethod.Post, "/v1/rag/index/1", content: content);
        await AssertRefusedAsync(answer, 400);
    }

    [Fact]
    [Trait("Fault", "15")]
    [Trait("Guarantee", "keys")]
    [Trait("Defect", "55")]
    public async Task A_body_beyond_its_limit_is_a_413()
    {
        using var content = AppFixture.Json(new string(' ', 4 * 1024 * 1024) + "{}");
        using var answer = await app.SendAsync(HttpMethod.Post, "/v1/rag/index/1", content: content);
        await AssertRefusedAsync(answer, 413);
    }

    [Theory]
    [Trait("Guarantee", "keys")]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    public async Task A_body_of_another_kind_is_a_415(string type)
    {
        using var content = new StringContent("{}", Encoding.UTF8, type);
        using var answer = await app.SendAsync(HttpMethod.Post, "/v1/rag/index/1", content: content);
        await AssertRefusedAsync(answer, 415);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_are_refused()
    {
        using var content = new ByteArrayContent([0x7B, 0x22, 0xFF, 0xFE, 0x22, 0x3A, 0x31, 0x7D]);
        content.Headers.ContentType = new("application/json");
        using var answer = await app.SendAsync(HttpMethod.Post, "/v1/rag/index/1", content: content);
        await AssertRefusedAsync(answer, 400);
    }

    [Fact]
    [Trait("Fault", "15")]
    [Trait("Guarantee", "keys")]
    public async Task A_body_beyond_its_limit_is_a_413_without_its_length_too()
    {
        using var content = new Unmeasured();
        using var answer = await app.SendAsync(HttpMethod.Post, "/v1/rag/index/1", content: content);
        await AssertRefusedAsync(answer, 413);
    }

    private async Task AssertRefusedAsync(HttpResponseMessage answer, int status)
    {
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.InRange((int)answer.StatusCode, 400, 499);
        Assert.True(status == 0 || status == (int)answer.StatusCode, $"{(int)answer.StatusCode} instead of {status}: {text}");
        Assert.Equal("application/problem+json", answer.Content.Headers.ContentType?.MediaType);
        Assert.False(string.IsNullOrEmpty((string?)JsonNode.Parse(text)!["detail"]));
        Assert.Equal(0, await app.CountAsync("SELECT (SELECT count(*) FROM rag_changes) + (SELECT count(*) FROM rag_index_status)"));
        Assert.Empty(await app.Durable.LiveAsync());
    }

    /// <summary>A little more than is taken, sent without saying how much it is.</summary>
    private sealed class Unmeasured : HttpContent
    {
        public Unmeasured() => Headers.ContentType = new("application/json");

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
            await stream.WriteAsync(Encoding.UTF8.GetBytes(new string(' ', 4 * 1024 * 1024) + "{}"), TestContext.Current.CancellationToken);

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
