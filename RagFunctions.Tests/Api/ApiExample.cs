using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using RagFunctions.Tests.Infra;

namespace RagFunctions.Tests.Api;

/// <summary>A call that <c>docs/api.md</c> shows, and what it says comes back.</summary>
/// <param name="Method">The method.</param>
/// <param name="Url">Path and query.</param>
/// <param name="Body">What is sent; null: nothing.</param>
/// <param name="Answer">The text behind it, shortened as a document may.</param>
public sealed partial record ApiExample(string Method, string Url, string? Body, string Answer)
{
    /// <summary>The path without its query.</summary>
    public string Path => Url.Split('?')[0];

    /// <summary>The fields that the document shows.</summary>
    public IEnumerable<string> Fields => FieldName().Matches(Answer).Select(match => match.Groups[1].Value).Distinct();

    /// <summary>All of them.</summary>
    public static IReadOnlyList<ApiExample> InDocument()
    {
        var text = File.ReadAllText(Repository.PathOf("docs", "api.md"));
        return [.. CodeBlock().Matches(text).SelectMany(block => InBlock(block.Groups[1].Value))];
    }

    private static IEnumerable<ApiExample> InBlock(string block)
    {
        foreach (var call in block.Split("$ curl ").Skip(1))
        {
            var command = Command().Match(call).Value;
            var line = command.Replace("\\\n", " ", StringComparison.Ordinal);
            yield return new ApiExample(
                MethodOption().Match(line) is { Success: true } method ? method.Groups[1].Value : "GET",
                Address().Match(line).Groups[1].Value,
                Data().Match(line) is { Success: true } data ? data.Groups[1].Value : null,
                call[command.Length..]);
        }
    }

    /// <summary>The schema and everything it refers to, as a schema that stands alone.</summary>
    public static JsonObject Alone(JsonNode document, JsonNode schema)
    {
        var alone = (JsonObject)JsonNode.Parse(schema.ToJsonString().Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal))!;
        alone["$schema"] = "https://json-schema.org/draft/2020-12/schema";
        alone["$defs"] = JsonNode.Parse(document["components"]!["schemas"]!.ToJsonString().Replace("#/components/schemas/", "#/$defs/", StringComparison.Ordinal));
        return alone;
    }

    [GeneratedRegex(@"^```\w*\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex(@"\A(?:[^\n]*\\\n)*[^\n]*")]
    private static partial Regex Command();

    [GeneratedRegex(@"-X (\w+)")]
    private static partial Regex MethodOption();

    [GeneratedRegex(@"\$RAG(/[^\s""]*)")]
    private static partial Regex Address();

    [GeneratedRegex(@"-d '([^']*)'")]
    private static partial Regex Data();

    [GeneratedRegex(@"""([a-z_A-Z]+)"":")]
    private static partial Regex FieldName();
}
