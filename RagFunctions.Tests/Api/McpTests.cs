using System.Text.Json;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace RagFunctions.Tests.Api;

/// <summary>The index as tools, asked by the library's own client: over HTTP with a key, and over standard input and output.</summary>
public sealed class McpTests(IndexedAppFixture indexed) : IClassFixture<IndexedAppFixture>
{
    private AppFixture App => indexed.App;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_tools_are_two_and_only_read()
    {
        await using var client = await OverHttpAsync(AppFixture.LimitedKey);
        var tools = await client.ListToolsAsync(cancellationToken: Stop);
        Assert.Equal(["index_status", "search"], tools.Select(tool => tool.Name).Order(StringComparer.Ordinal));
        Assert.All(tools, tool => Assert.Equal((true, false), (tool.ProtocolTool.Annotations!.ReadOnlyHint, tool.ProtocolTool.Annotations.DestructiveHint)));
        Assert.All(tools, tool => Assert.NotNull(tool.ProtocolTool.OutputSchema));
        var search = tools.Single(tool => tool.Name == "search").JsonSchema;
        Assert.Equal(["query"], search.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
        Assert.All(search.GetProperty("properties").EnumerateObject(), field => Assert.NotEmpty(field.Value.GetProperty("description").GetString()!));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_search_finds_rows_of_the_one_cabinet(bool overHttp)
    {
        await using var client = overHttp ? await OverHttpAsync(RestrictedKey) : await OverStandardInputAsync(1);
        var found = Structured(await client.CallToolAsync("search", new Dictionary<string, object?> { ["query"] = "Кружка 3", ["limit"] = 2, ["kinds"] = new[] { "products" } }, cancellationToken: Stop));
        Assert.Equal((1, 2), (found.GetProperty("cabinet_id").GetInt32(), found.GetProperty("hits").GetArrayLength()));
        Assert.Equal(100_003, found.GetProperty("hits")[0].GetProperty("article").GetInt64());
        var status = Structured(await client.CallToolAsync("index_status", cancellationToken: Stop));
        Assert.Equal((1, "success"), (status.GetProperty("cabinet_id").GetInt32(), status.GetProperty("status").GetString()));
    }

    [Theory]
    [Trait("Guarantee", "tenants")]
    [InlineData("search")]
    [InlineData("index_status")]
    public async Task No_tool_crosses_to_another_cabinet(string tool)
    {
        foreach (var opens in (Func<Task<McpClient>>[])[() => OverHttpAsync(AppFixture.LimitedKey), () => OverHttpAsync(RestrictedKey), () => OverStandardInputAsync(1)])
        {
            await using var client = await opens();
            var refused = await client.CallToolAsync(tool, Arguments(tool, 2), cancellationToken: Stop);
            Assert.True(refused.IsError);
            Assert.EndsWith("The key does not open cabinet 2.", Text(refused), StringComparison.Ordinal);
        }

        await using var operators = await OverHttpAsync(AppFixture.OperatorKey);
        Assert.Equal(2, Structured(await operators.CallToolAsync(tool, Arguments(tool, 2), cancellationToken: Stop)).GetProperty("cabinet_id").GetInt32());
        Assert.Contains("name one", Text(await operators.CallToolAsync(tool, Arguments(tool, null), cancellationToken: Stop)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mode", "Hybrid")]
    [InlineData("limit", 0)]
    [InlineData("limit", 201)]
    [InlineData("from", "1.11.2026")]
    [InlineData("minScore", 1.5)]
    [InlineData("query", " ")]
    public async Task What_a_tool_does_not_understand_it_says(string name, object value)
    {
        await using var client = await OverHttpAsync(RestrictedKey);
        var refused = await client.CallToolAsync("search", new Dictionary<string, object?> { ["query"] = "кружка", [name] = value }, cancellationToken: Stop);
        Assert.True(refused.IsError);
        Assert.Contains($": {name} must be", Text(refused), StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Guarantee", "keys")]
    public async Task Without_a_key_there_are_no_tools()
    {
        using var refused = await App.SendAsync(HttpMethod.Post, "/mcp", key: null, AppFixture.Json("""{"jsonrpc":"2.0","id":1,"method":"tools/list"}"""));
        Assert.Equal(403, (int)refused.StatusCode);
        using var session = await App.SendAsync(HttpMethod.Get, "/mcp");
        Assert.Equal(405, (int)session.StatusCode);
    }

    // As it is built for itself: the copy beside the tests lacks what only it depends on.
    private static readonly string Command = Path.Combine(
        AppContext.BaseDirectory.Replace($"{Path.DirectorySeparatorChar}RagFunctions.Tests{Path.DirectorySeparatorChar}", $"{Path.DirectorySeparatorChar}RagFunctions.Cli{Path.DirectorySeparatorChar}", StringComparison.Ordinal), "rag.dll");

    // Opens cabinet 1 alone.
    private const string RestrictedKey = AppFixture.SingleKey;

    private static Dictionary<string, object?> Arguments(string tool, long? cabinet)
    {
        Dictionary<string, object?> arguments = tool == "search" ? new() { ["query"] = "кружка" } : [];
        if (cabinet is not null)
        {
            arguments["cabinet"] = cabinet;
        }

        return arguments;
    }

    private static JsonElement Structured(CallToolResult result)
    {
        Assert.True(result.IsError != true, Text(result));
        return JsonSerializer.SerializeToElement(result.StructuredContent);
    }

    private static string Text(CallToolResult result) => string.Concat(result.Content.OfType<TextContentBlock>().Select(block => block.Text));

    private Task<McpClient> OverHttpAsync(string key) => McpClient.CreateAsync(
        new HttpClientTransport(new HttpClientTransportOptions
        {
            Endpoint = new Uri(App.Http.BaseAddress!, "/mcp"),
            TransportMode = HttpTransportMode.StreamableHttp,
            AdditionalHeaders = new Dictionary<string, string> { ["X-API-KEY"] = key },
        }),
        cancellationToken: Stop);

    private Task<McpClient> OverStandardInputAsync(long cabinet) => McpClient.CreateAsync(
        new StdioClientTransport(new StdioClientTransportOptions
        {
            Command = "dotnet",
            Arguments = [Command, "mcp", $"{cabinet}"],
            EnvironmentVariables = new Dictionary<string, string?>
            {
                ["ConnectionStrings__Main"] = App.Database.ConnectionString,
                ["ConnectionStrings__Rag"] = App.Database.ConnectionString,
                ["Embeddings__Provider"] = "offline",
            },
        }),
        cancellationToken: Stop);
}
