using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Json.Schema;
using Microsoft.Azure.Functions.Worker;
using Microsoft.OpenApi;
using RagFunctions.Api.OpenApi;
using RagFunctions.Tests.Dev.LocalHost;
using RagFunctions.Tests.Infra;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Api;

/// <summary>The API's description against what the served app answers.</summary>
public sealed class OpenApiTests(IndexedAppFixture indexed) : IClassFixture<IndexedAppFixture>
{
    private const string UnknownRun = "00000000-0000-0000-0000-000000000000";

    private static readonly JsonObject Document = (JsonObject)JsonNode.Parse(RagFunctions.Api.ApiJson.Bytes(ApiDocument.Make("0.1.0")))!;

    private AppFixture App => indexed.App;

    public static TheoryData<string, string> Operations =>
        [.. from path in Document["paths"]!.AsObject() from operation in path.Value!.AsObject() select (operation.Key, path.Key)];

    public static TheoryData<string, string> Examples => [.. ApiExample.InDocument().Where(example => example.Url.Length > 0).Select(example => (example.Method, example.Url)).Distinct()];

    [Fact]
    public async Task The_served_description_is_valid_and_open()
    {
        var served = (await App.AskAsync(HttpMethod.Get, "/openapi.json", 200, key: null)).ToJsonString();
        var read = OpenApiDocument.Parse(served, "json");
        Assert.Empty(read.Diagnostic!.Errors.Concat(read.Diagnostic.Warnings).Select(problem => $"{problem.Pointer}: {problem.Message}"));
        Assert.Equal(OpenApiSpecVersion.OpenApi3_1, read.Diagnostic.SpecificationVersion);
        Assert.Equal(Document["paths"]!.AsObject().Count, read.Document!.Paths.Count);
        Assert.All(read.Document.Paths.SelectMany(path => path.Value.Operations!), operation => Assert.NotEmpty(operation.Value.Responses!));
        foreach (var reference in Pairs(Document).Where(pair => pair.Key == "$ref").Select(pair => ((string)pair.Value!).Split('/')))
        {
            Assert.NotNull(Document["components"]![reference[2]]![reference[3]]);
        }
    }

    [Fact]
    public void Every_function_of_the_API_is_described()
    {
        var routes = typeof(ApiDocument).Assembly.GetTypes().SelectMany(type => type.GetMethods()).Where(method => method.GetCustomAttribute<FunctionAttribute>() is not null)
            .Select(method => method.GetParameters().Select(parameter => parameter.GetCustomAttribute<HttpTriggerAttribute>()).FirstOrDefault(trigger => trigger is not null))
            .OfType<HttpTriggerAttribute>().Where(trigger => trigger.Route!.StartsWith("v1/", StringComparison.Ordinal) || trigger.Route.StartsWith("api/", StringComparison.Ordinal) || trigger.Route == "mcp")
            // MCP without sessions has nothing to get or to delete: both are a 405.
            .SelectMany(trigger => trigger.Route == "mcp" ? ["post"] : trigger.Methods!, (trigger, method) => $"{method} {ApiDocument.PathOf(trigger)}").Order(StringComparer.Ordinal).ToList();
        Assert.Equal(routes, Operations.Select(row => $"{row.Data.Item1} {row.Data.Item2}").Order(StringComparer.Ordinal));
        var table = File.ReadAllText(Repository.PathOf("docs", "api.md"));
        Assert.All(routes, route => Assert.Contains($"| `{route.Split(' ')[0].ToUpperInvariant()} {route.Split(' ')[1]}` |", table, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_operation_field_and_parameter_has_words()
    {
        var fields = Document["components"]!["schemas"]!.AsObject().SelectMany(schema => schema.Value!["properties"]!.AsObject(), (schema, field) => (Name: $"{schema.Key}.{field.Key}", field.Value));
        Assert.Empty(fields.Where(field => field.Value!["description"] is null).Select(field => field.Name));
        Assert.All(Operations, row =>
        {
            var operation = OperationOf(row.Data.Item1, row.Data.Item2);
            Assert.NotEqual((string?)operation["operationId"], (string?)operation["summary"]);
            Assert.All(operation["requestBody"]?["content"]!["application/json"]!["schema"]!["properties"]!.AsObject() ?? [], field => Assert.NotNull(field.Value!["description"]));
        });
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void Every_example_fits_the_schema_beside_it(string method, string path)
    {
        var operation = OperationOf(method, path);
        var contents = operation["responses"]!.AsObject().Select(response => response.Value!["content"]!.AsObject()).Append(operation["requestBody"]?["content"]!.AsObject() ?? []);
        foreach (var content in contents.SelectMany(content => content).Select(content => content.Value!))
        {
            Assert.All(content["examples"]!.AsObject(), example => AssertFits(content["schema"]!, example.Value!["value"], $"{method} {path} {example.Value["summary"]}"));
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task Every_example_of_a_request_is_answered_as_described(string method, string path)
    {
        var operation = OperationOf(method, path);
        var bodies = operation["requestBody"]?["content"]!["application/json"]!["examples"]!.AsObject().Select(example => example.Value!["value"]!.ToJsonString()).ToList();
        foreach (var body in bodies ?? [null!])
        {
            await AssertAnsweredAsync(operation, method, await UrlAsync(path), body, expected: status => status < 400);
        }
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task Every_call_that_the_document_shows_is_described_and_answered(string method, string url)
    {
        foreach (var example in ApiExample.InDocument().Where(example => (example.Method, example.Url) == (method, url)))
        {
            var path = Operations.Select(row => row.Data.Item2).Single(candidate => Matches(candidate, example.Path));
            var operation = OperationOf(method.ToLowerInvariant(), path);
            if (example.Body is { } body)
            {
                Assert.Contains(
                    operation["requestBody"]!["content"]!["application/json"]!["examples"]!.AsObject().Select(described => described.Value!["value"]),
                    described => JsonNode.DeepEquals(described, JsonNode.Parse(body)));
            }

            var known = Names(operation["responses"]!);
            Assert.All(example.Fields, field => Assert.Contains(field, known));
            var run = path.Contains("{run_id}", StringComparison.Ordinal) ? example.Url[..example.Url.LastIndexOf('/')] + "/" + await RunIdAsync() : example.Url;
            await AssertAnsweredAsync(operation, method, run, example.Body, expected: _ => true);
        }
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public async Task What_is_refused_is_refused_as_described(string method, string path)
    {
        var operation = OperationOf(method, path);
        if (path.EndsWith("/health", StringComparison.Ordinal))
        {
            return;
        }

        var url = await UrlAsync(path);
        await AssertAnsweredAsync(operation, method, url, null, status => status == 403, key: "nobody-knows-this-key");
        if (path == "/mcp")
        {
            // What it refuses beyond the key stands in the protocol's answer.
            return;
        }

        var isForAnyKey = path is "/v1/rag/overview" or "/v1/rag/history";
        await AssertAnsweredAsync(
            operation, method, path.Replace("{cabinet_id}", "2", StringComparison.Ordinal).Replace("{run_id}", UnknownRun, StringComparison.Ordinal), null,
            status => status == (isForAnyKey ? 200 : 403), AppFixture.LimitedKey);
        if (path.Contains('{', StringComparison.Ordinal))
        {
            await AssertAnsweredAsync(operation, method, path.Replace("{cabinet_id}", "x", StringComparison.Ordinal).Replace("{run_id}", UnknownRun, StringComparison.Ordinal), null, status => status == 400);
        }

        if (method == "post")
        {
            await AssertAnsweredAsync(operation, method, url + "?force=true", null, status => status == 400);
            await AssertAnsweredAsync(operation, method, url, "{", status => status == 400);
            await AssertAnsweredAsync(operation, method, url, new string(' ', (4 * 1024 * 1024) + 1), status => status == 413);
            Assert.Equal(operation["requestBody"] is not null, operation["responses"]!.AsObject().ContainsKey("415"));
        }

        if (operation["responses"]!.AsObject().ContainsKey("404"))
        {
            await AssertAnsweredAsync(operation, method, path.Replace("{cabinet_id}", "404", StringComparison.Ordinal).Replace("{run_id}", UnknownRun, StringComparison.Ordinal), null, status => status == 404);
        }
    }

    [Fact]
    public void Every_error_that_the_document_lists_is_described()
    {
        var details = Pairs(Document).Where(pair => pair.Key == "detail" && pair.Value is JsonValue).Select(pair => (string)pair.Value!).ToHashSet();
        var rows = File.ReadLines(Repository.PathOf("docs", "api.md")).Select(line => line.Split(" | ")).Where(cells => cells.Length == 3 && int.TryParse(cells[0].TrimStart('|', ' '), out _)).ToList();
        Assert.NotEmpty(rows);
        Assert.All(rows, cells => Assert.Contains(cells[2].TrimEnd('|', ' ').Trim('`'), details));
    }

    [Fact]
    public async Task The_page_and_its_script_come_from_the_app_alone()
    {
        using var page = await App.SendAsync(HttpMethod.Get, "/docs/", key: null);
        var html = await page.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Equal((200, "text/html"), ((int)page.StatusCode, page.Content.Headers.ContentType!.MediaType));
        Assert.DoesNotContain("://", html, StringComparison.Ordinal);
        Assert.Contains("connect-src 'self'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        using var script = await App.SendAsync(HttpMethod.Get, "/docs/scalar.js", key: null);
        Assert.Equal(200, (int)script.StatusCode);
        Assert.InRange((await script.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken)).Length, 1_000_000, 20_000_000);
        using var none = await App.SendAsync(HttpMethod.Get, "/docs/nothing/here.js", key: null);
        Assert.Equal(404, (int)none.StatusCode);
    }

    [Fact]
    public async Task Switched_off_neither_description_nor_page_is_there()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var app = await RunningApp.StartAsync(database, ("Api:Docs", "false"));
        foreach (var path in (string[])["/openapi.json", "/docs", "/docs/scalar.js"])
        {
            using var answer = await app.Http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal(404, (int)answer.StatusCode);
        }
    }

    private static JsonNode OperationOf(string method, string path) => Document["paths"]![path]![method]!;

    private static bool Matches(string template, string path)
    {
        var (wanted, given) = (template.Split('/'), path.Split('/'));
        return wanted.Length == given.Length && wanted.Zip(given).All(pair => pair.First == pair.Second || pair.First.StartsWith('{'));
    }

    private static void AssertFits(JsonNode schema, JsonNode? value, string where)
    {
        var result = JsonSchema.FromText(ApiExample.Alone(Document, schema).ToJsonString()).Evaluate(JsonSerializer.SerializeToElement(value), new EvaluationOptions { OutputFormat = OutputFormat.List });
        Assert.True(
            result.IsValid,
            $"{where}: {string.Join("; ", (result.Details ?? []).Where(detail => detail.Errors is not null).SelectMany(detail => detail.Errors!, (detail, error) => $"{detail.InstanceLocation} {error.Key} {error.Value}"))}");
    }

    private async Task AssertAnsweredAsync(JsonNode operation, string method, string url, string? body, Func<int, bool> expected, string key = AppFixture.OperatorKey)
    {
        using var answer = await App.SendAsync(new HttpMethod(method.ToUpperInvariant()), url, key, body is null ? null : AppFixture.Json(body));
        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var status = (int)answer.StatusCode;
        var where = $"{method} {url}: {status} {text}";
        Assert.True(expected(status), where);
        var described = operation["responses"]!.AsObject()[$"{status}"];
        Assert.True(described is not null, where);
        var content = described["content"]!.AsObject().Single();
        Assert.Equal(content.Key, answer.Content.Headers.ContentType!.MediaType);
        Assert.All(described["headers"]!.AsObject().Where(header => header.Key != "Retry-After"), header => Assert.True(answer.Headers.Contains(header.Key), $"{where} lacks {header.Key}"));
        AssertFits(content.Value!["schema"]!, content.Key == "application/json" || content.Key.EndsWith("+json", StringComparison.Ordinal) ? JsonNode.Parse(text) : JsonValue.Create(text), where);
    }

    private async Task<string> UrlAsync(string path) =>
        path.Replace("{cabinet_id}", "1", StringComparison.Ordinal).Replace("{run_id}", path.Contains("{run_id}", StringComparison.Ordinal) ? await RunIdAsync() : "", StringComparison.Ordinal);

    private async Task<string> RunIdAsync() => (string)(await App.AskAsync(HttpMethod.Get, "/v1/rag/runs/1", 200))["runs"]![0]!["run_id"]!;

    // The names of all fields that an answer may have.
    private static HashSet<string> Names(JsonNode responses)
    {
        HashSet<string> names = [], seen = [];
        Add(responses);
        return names;

        void Add(JsonNode? node)
        {
            foreach (var (key, value) in Pairs(node).ToList())
            {
                if (key == "properties")
                {
                    names.UnionWith(value!.AsObject().Select(field => field.Key));
                }
                else if (key == "$ref" && ((string)value!).StartsWith("#/components/schemas/", StringComparison.Ordinal) && seen.Add((string)value!))
                {
                    Add(Document["components"]!["schemas"]![((string)value!).Split('/')[^1]]);
                }
            }
        }
    }

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Pairs(JsonNode? node) => node switch
    {
        JsonObject fields => fields.SelectMany(field => Pairs(field.Value).Prepend(field)),
        JsonArray items => items.SelectMany(Pairs),
        _ => [],
    };
}
