using System.Text.Json.Nodes;

namespace RagFunctions.Tests.Infra;

/// <summary>A resource of the compiled template.</summary>
/// <param name="Module">Symbolic name of the module in main.bicep.</param>
/// <param name="Json">The resource as compiled.</param>
internal sealed record TemplateResource(string Module, JsonObject Json)
{
    public string Type => (string)Json["type"]!;

    public string Name => (string)Json["name"]!;

    /// <summary>A property by its path below <c>properties</c>, for example <c>authConfig.passwordAuth</c>; null where absent.</summary>
    public JsonNode? this[string path] => path.Split('.').Aggregate(Json["properties"], (node, part) => node?[part]);

    public override string ToString() => $"{Module}: {Type} {Name}";
}
