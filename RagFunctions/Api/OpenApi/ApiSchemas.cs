using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace RagFunctions.Api.OpenApi;

/// <summary>The schemas of the types that the API writes, by the serializer that writes them; words from the compiler's documentation files.</summary>
internal sealed class ApiSchemas
{
    private readonly SortedDictionary<string, JsonNode?> _schemas = new(StringComparer.Ordinal);

    /// <summary>A reference to the type's schema, which is made when it is asked for first.</summary>
    public JsonObject Reference(Type type)
    {
        if (_schemas.TryAdd(type.Name, null))
        {
            _schemas[type.Name] = ApiJson.Options.GetJsonSchemaAsNode(
                type, new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true, TransformSchemaNode = Describe });
        }

        return new JsonObject { ["$ref"] = $"#/components/schemas/{type.Name}" };
    }

    /// <summary>All schemas that were referred to. May be called once.</summary>
    public JsonObject Take() => new(_schemas);

    private JsonObject Describe(JsonSchemaExporterContext context, JsonNode exported)
    {
        var isRoot = context.Path.IsEmpty;
        JsonObject schema;
        if (context.TypeInfo.Kind == JsonTypeInfoKind.Object && !isRoot)
        {
            // The exporter writes a type inside the one that holds it, or a pointer from that one's root; here each stands for itself.
            schema = Reference(context.TypeInfo.Type);
            if (context.PropertyInfo is { IsGetNullable: true })
            {
                schema = new JsonObject { ["anyOf"] = new JsonArray(schema, new JsonObject { ["type"] = "null" }) };
            }
        }
        else
        {
            schema = exported as JsonObject ?? [];
        }

        if (isRoot && context.TypeInfo.Kind == JsonTypeInfoKind.Object)
        {
            schema["additionalProperties"] = false;
            schema["required"] = new JsonArray([.. context.TypeInfo.Properties.Where(IsAlwaysWritten).Select(property => (JsonNode)property.Name)]);
        }

        var words = isRoot ? DocumentedWords.Of(context.TypeInfo.Type)
            : context.PropertyInfo?.AttributeProvider is MemberInfo member && IsOfProperty(context) ? DocumentedWords.Of(member) : null;
        if (words is not null)
        {
            schema["description"] = words;
        }

        return schema;
    }

    private static bool IsAlwaysWritten(JsonPropertyInfo property) =>
        property.AttributeProvider?.GetCustomAttributes(typeof(JsonIgnoreAttribute), inherit: true) is not [JsonIgnoreAttribute { Condition: JsonIgnoreCondition.WhenWritingNull }];

    // The items of a list come with the list's property as well.
    private static bool IsOfProperty(JsonSchemaExporterContext context) => context.Path[^1] != "items";
}
