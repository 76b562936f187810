using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Microsoft.AspNetCore.Http;
using RagFunctions.Core.Status;

namespace RagFunctions.Api;

/// <summary>JSON as the API speaks it: snake_case, as the original did.</summary>
internal static class ApiJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.Create(UnicodeRanges.BasicLatin, UnicodeRanges.Cyrillic),
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { ShowBlockedAsJson } },
    };

    public static IResult Answer(object value, int status = StatusCodes.Status200OK) => Results.Json(value, Options, statusCode: status);

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
