using System.Text.Json.Nodes;

namespace RagFunctions.Tests.Infra;

/// <summary>The compiled template with the resources of all modules in one list.</summary>
internal sealed class CompiledTemplate(JsonObject json)
{
    private const string Deployment = "Microsoft.Resources/deployments";

    public JsonObject Json { get; } = json;

    public IReadOnlyList<TemplateResource> Resources { get; } = [.. In(json, "")];

    public IEnumerable<TemplateResource> Of(string type) => Resources.Where(resource => resource.Type == type);

    public TemplateResource Single(string type) => Assert.Single(Of(type));

    /// <summary>The template of a module of main.bicep.</summary>
    public JsonObject Module(string name) =>
        Each(Json).Single(entry => entry.Key == name).Value["properties"]!["template"]!.AsObject();

    /// <summary>Every module, at whatever depth, with its template.</summary>
    public IEnumerable<(string Path, JsonObject Template)> Modules() => ModulesIn(Json, "");

    private static IEnumerable<(string Path, JsonObject Template)> ModulesIn(JsonObject template, string path)
    {
        foreach (var (name, resource) in Each(template).Where(entry => (string)entry.Value["type"]! == Deployment))
        {
            var inner = resource["properties"]!["template"]!.AsObject();
            yield return ($"{path}/{name}", inner);
            foreach (var deeper in ModulesIn(inner, $"{path}/{name}"))
            {
                yield return deeper;
            }
        }
    }

    private static IEnumerable<TemplateResource> In(JsonObject template, string module) => Each(template).SelectMany(entry =>
        (string)entry.Value["type"]! == Deployment
            ? In(entry.Value["properties"]!["template"]!.AsObject(), module.Length == 0 ? entry.Key : module)
            : [new TemplateResource(module, entry.Value)]);

    // With symbolic names an object, without them an array.
    private static IEnumerable<KeyValuePair<string, JsonObject>> Each(JsonObject template) => template["resources"] switch
    {
        JsonObject named => named.Select(entry => KeyValuePair.Create(entry.Key, entry.Value!.AsObject())),
        JsonArray listed => listed.Select((node, i) => KeyValuePair.Create($"{i}", node!.AsObject())),
        _ => [],
    };
}
