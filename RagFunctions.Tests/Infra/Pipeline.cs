using System.Text.RegularExpressions;
using YamlDotNet.Serialization;

namespace RagFunctions.Tests.Infra;

/// <summary>A file of the pipeline as maps and lists.</summary>
internal sealed class Pipeline(params string[] file)
{
    private readonly object _root = new DeserializerBuilder().Build().Deserialize(File.ReadAllText(Repository.PathOf(file)))!;

    /// <summary>The value under keys and positions; null where the path leads nowhere.</summary>
    public static object? At(object? node, params object[] path) => path.Aggregate(node, (at, part) => (at, part) switch
    {
        (Dictionary<object, object> map, string key) => map.GetValueOrDefault(key),
        (List<object> list, int index) when index < list.Count => list[index],
        _ => null,
    });

    public object? this[params object[] path] => At(_root, path);

    public string Text { get; } = File.ReadAllText(Repository.PathOf(file));

    /// <summary>Every step below a node, in order, whatever jobs and strategies lie between.</summary>
    public static IEnumerable<Dictionary<object, object>> StepsIn(object? node) => node switch
    {
        Dictionary<object, object> map when map.TryGetValue("steps", out var steps) => ((List<object>)steps).Cast<Dictionary<object, object>>(),
        Dictionary<object, object> map => map.Values.SelectMany(StepsIn),
        List<object> list => list.SelectMany(StepsIn),
        _ => [],
    };

    public static string Name(Dictionary<object, object> step) =>
        (string)(step.GetValueOrDefault("displayName") ?? step.GetValueOrDefault("task") ?? step.Keys.First());
}

/// <summary>What a pipeline knows when it decides on a condition, and the functions of conditions that ours use. Text is compared without case, as there.</summary>
internal sealed partial class PipelineState : Dictionary<string, string>
{
    public bool Succeeded { get; init; } = true;

    public bool Canceled { get; init; }

    public bool Holds(string condition) => Value(condition) == "True";

    public string Value(string expression)
    {
        var tokens = new Queue<string>(Token().Matches(expression).Select(match => match.Value));
        var value = Next(tokens);
        return tokens.Count == 0 ? value : throw new FormatException($"'{tokens.Peek()}' is too much in {expression}");
    }

    private string Next(Queue<string> tokens)
    {
        var token = tokens.Dequeue();
        if (token.StartsWith('\''))
        {
            return token[1..^1];
        }

        if (!tokens.TryPeek(out var next) || next != "(")
        {
            // variables['Build.SourceBranch'] and variables.Build.SourceBranch are the same.
            return this[token.Replace("['", ".", StringComparison.Ordinal).Replace("']", "", StringComparison.Ordinal)];
        }

        tokens.Dequeue();
        List<string> arguments = [];
        while (tokens.Peek() != ")")
        {
            arguments.Add(Next(tokens));
            if (tokens.Peek() == ",")
            {
                tokens.Dequeue();
            }
        }

        tokens.Dequeue();
        return $"{Call(token, arguments)}";
    }

    private bool Call(string function, List<string> arguments) => function switch
    {
        "succeeded" => Succeeded,
        "canceled" => Canceled,
        "not" => arguments.Single() != "True",
        "and" => arguments.TrueForAll(argument => argument == "True"),
        "eq" or "in" => arguments.Skip(1).Contains(arguments[0], StringComparer.OrdinalIgnoreCase),
        _ => throw new NotSupportedException(function),
    };

    [GeneratedRegex(@"'[^']*'|[(),]|[\w.]+(?:\['[^']+'\])?")]
    private static partial Regex Token();
}
