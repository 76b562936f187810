using System.Text.Json;

namespace RagFunctions.Dev.Fakes.Marketplace.Answers;

/// <summary>Reads fields of a body; a field of another type than the method takes is a bad request.</summary>
internal static class BodyFields
{
    public static JsonElement? Field(this JsonElement body, string name) =>
        body.ValueKind == JsonValueKind.Object && body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    public static long? Number(this JsonElement body, string name, long least, long most) => body.Field(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt64(out var number) && number >= least && number <= most => number,
        _ => throw Refusal.BadRequest($"{name}: must be a whole number from {least} to {most}"),
    };

    public static bool? Flag(this JsonElement body, string name) => body.Field(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw Refusal.BadRequest($"{name}: must be a boolean"),
    };

    public static string? Text(this JsonElement body, string name) => body.Field(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => value.GetString(),
        _ => throw Refusal.BadRequest($"{name}: must be a string"),
    };

    public static HashSet<long>? Numbers(this JsonElement body, string name, int most)
    {
        if (body.Field(name) is not { } list)
        {
            return null;
        }

        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > most)
        {
            throw Refusal.BadRequest($"{name}: must be a list of at most {most} numbers");
        }

        return [.. list.EnumerateArray().Select(item =>
            item.ValueKind == JsonValueKind.Number && item.TryGetInt64(out var number) ? number : throw Refusal.BadRequest($"{name}: holds no number"))];
    }
}
