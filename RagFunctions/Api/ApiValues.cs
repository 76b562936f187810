using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RagFunctions.Api;

/// <summary>A kind of value in a body: what it may be, and how it is read.</summary>
/// <param name="Describe">A new JSON schema.</param>
/// <param name="Read">The value, or <see cref="BadRequestException"/> with the name given.</param>
internal sealed record ApiValue<T>(Func<JsonObject> Describe, Func<JsonElement, string, T> Read)
{
    public JsonObject Schema => Describe();
}

/// <summary>The kinds of values that bodies hold. Bounds stand once, for the reading and for the description.</summary>
internal static class ApiValues
{
    /// <summary>An integer from 1.</summary>
    /// <param name="most">The largest.</param>
    public static ApiValue<long> Integer(long most) => new(
        () => most == long.MaxValue ? AnyPositive() : new() { ["type"] = "integer", ["format"] = "int64", ["minimum"] = 1, ["maximum"] = most },
        (value, name) => value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 1 && number <= most
            ? number
            : throw new BadRequestException($"{name} must be an integer from 1 to {most}."));

    // The format bounds it: a reader whose numbers are doubles would show the bound itself as 9223372036854776000.
    private static JsonObject AnyPositive() => new() { ["type"] = "integer", ["format"] = "int64", ["minimum"] = 1 };

    /// <summary>A text with something in it.</summary>
    /// <param name="longest">In characters.</param>
    public static ApiValue<string> Text(int longest) => new(
        () => new() { ["type"] = "string", ["minLength"] = 1, ["maxLength"] = longest },
        (value, name) => value.ValueKind == JsonValueKind.String && value.GetString() is { } text && !string.IsNullOrWhiteSpace(text)
            && text.Length <= longest && !text.Contains('\0', StringComparison.Ordinal)
            ? text
            : throw new BadRequestException($"{name} must be a text of 1 to {longest} characters."));

    /// <summary>One of a few words.</summary>
    public static ApiValue<T> OneOf<T>(IReadOnlyList<T> all, Func<T, string> nameOf) => new(
        () => new() { ["type"] = "string", ["enum"] = new JsonArray([.. all.Select(one => (JsonNode)nameOf(one))]) },
        (value, name) =>
        {
            var given = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
            foreach (var one in all.Where(one => nameOf(one) == given))
            {
                return one;
            }

            throw new BadRequestException($"{name} must be one of {string.Join(", ", all.Select(nameOf))}.");
        });

    /// <summary>A day.</summary>
    public static ApiValue<DateOnly> Day() => new(
        () => new() { ["type"] = "string", ["format"] = "date" },
        (value, name) => value.ValueKind == JsonValueKind.String
            && DateOnly.TryParseExact(value.GetString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && day.Year is > 1999 and < 3000
            ? day
            : throw new BadRequestException($"{name} must be a day such as 2026-11-01."));

    /// <summary>A number from 0 to 1.</summary>
    public static ApiValue<double> Share() => new(
        () => new() { ["type"] = "number", ["minimum"] = 0, ["maximum"] = 1 },
        (value, name) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var share) && share is >= 0 and <= 1
            ? share
            : throw new BadRequestException($"{name} must be a number from 0 to 1."));

    /// <summary>A list with something in it.</summary>
    /// <param name="item">What it holds.</param>
    /// <param name="most">The longest.</param>
    public static ApiValue<IReadOnlyList<T>> ListOf<T>(ApiValue<T> item, int most) => new(
        () => new() { ["type"] = "array", ["items"] = item.Schema, ["minItems"] = 1, ["maxItems"] = most },
        (value, name) => value.ValueKind == JsonValueKind.Array && value.GetArrayLength() is var length && length >= 1 && length <= most
            ? [.. value.EnumerateArray().Select((element, index) => item.Read(element, $"{name}[{index}]"))]
            : throw new BadRequestException($"{name} must be a list of 1 to {most}."));
}
