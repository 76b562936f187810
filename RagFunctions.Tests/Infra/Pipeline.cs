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
