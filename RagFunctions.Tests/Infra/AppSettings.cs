using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace RagFunctions.Tests.Infra;

/// <summary>The settings the template gives the app, with an example in place of what only a deployment knows.</summary>
internal static partial class AppSettings
{
    /// <summary>As compiled, and evaluated.</summary>
    public static async Task<IReadOnlyDictionary<string, (string Compiled, string Value)>> ReadAsync()
    {
        var variables = (await BicepCompiler.TemplateAsync()).Module("app")["variables"]!.AsObject();
        return variables["settings"]!.AsObject().ToDictionary(
            setting => setting.Key, setting => ((string)setting.Value!, Evaluate((string)setting.Value!, variables)));
    }

    // Only what these settings use: a literal, a parameter, a variable, format() of such.
    private static string Evaluate(string compiled, JsonObject variables)
    {
        if (!compiled.StartsWith('['))
        {
            return compiled;
        }

        var formatted = Format().Match(compiled);
        if (!formatted.Success)
        {
            return Argument(compiled[1..^1], variables);
        }

        var arguments = formatted.Groups["arguments"].Value.Split(", ").Select(argument => Argument(argument, variables)).ToArray();
        return PlaceHolder().Replace(
            formatted.Groups["text"].Value, match => arguments[int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture)]);
    }

    private static string Argument(string expression, JsonObject variables)
    {
        var named = Named().Match(expression);
        return named.Groups["kind"].Value switch
        {
            "variables" when variables[named.Groups["name"].Value] is JsonValue value =>
                value.TryGetValue<string>(out var text) ? Evaluate(text, variables) : value.ToJsonString(),
            "parameters" => Examples.GetValueOrDefault(named.Groups["name"].Value, named.Groups["name"].Value),
            _ when expression == "environment().suffixes.storage" => "core.windows.net",
            _ => throw new InvalidOperationException($"{expression} is not evaluated here"),
        };
    }

    private static readonly Dictionary<string, string> Examples = new()
    {
        ["openAiEndpoint"] = "https://oai-example.openai.azure.com/",
        ["embeddingPrice"] = "0.02",
        ["traceSamplingRatio"] = "0.1",
    };

    [GeneratedRegex(@"^\[format\('(?<text>[^']*)', (?<arguments>.*)\)\]$")]
    private static partial Regex Format();

    [GeneratedRegex(@"\{(\d+)\}")]
    private static partial Regex PlaceHolder();

    [GeneratedRegex(@"^(?<kind>parameters|variables)\('(?<name>\w+)'\)$")]
    private static partial Regex Named();
}
