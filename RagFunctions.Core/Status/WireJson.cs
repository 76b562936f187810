using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;

namespace RagFunctions.Core.Status;

/// <summary>JSON as the API and <c>--json</c> speak it: snake_case, as the original did, Cyrillic readable.</summary>
public static class WireJson
{
    /// <summary>For every answer.</summary>
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.BasicLatin, UnicodeRanges.Cyrillic),
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { ShowBlockedAsJson } },
    };

    /// <summary>The run keeps it as JSON text; on the wire it is the array itself.</summary>
    private static void ShowBlockedAsJson(JsonTypeInfo type)
    {
        if (type.Type == typeof(RunRecord) && type.Properties.SingleOrDefault(p => p.Name == "blocked") is { } blocked)
        {
            blocked.CustomConverter = new RawJson();
        }
    }

    private sealed class RawJson : JsonConverter<string?>
    {
        public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(Utf8JsonWriter writer, string? value, JsonSerializerOptions options) =>
            writer.WriteRawValue(value ?? "null");
    }
}
