using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RagFunctions.Dev.Fakes.Marketplace.Shops;

namespace RagFunctions.Dev.Fakes.Marketplace.Answers;

/// <summary>An allowed call: whose shop, and what is asked.</summary>
/// <param name="Shop">The shop.</param>
/// <param name="Host">Where it came.</param>
/// <param name="Query">The query.</param>
/// <param name="Body">The body; an empty object for GET.</param>
/// <param name="RouteValue">The variable part of the path, or empty.</param>
/// <param name="Now">The server's time.</param>
internal sealed record Call(Shop Shop, MarketplaceHost Host, IQueryCollection Query, JsonElement Body, string RouteValue, DateTimeOffset Now)
{
    /// <summary>A query parameter, null when missing.</summary>
    public string? Text(string name) => Query.TryGetValue(name, out var value) ? value.ToString() : null;

    /// <summary>A query parameter that must be there.</summary>
    public string RequiredText(string name) => Text(name) is { Length: > 0 } text ? text : throw Refusal.BadRequest($"{name}: required");

    /// <summary>A yes-or-no parameter, null when missing.</summary>
    public bool? Flag(string name) => Text(name) switch
    {
        null or "" => null,
        "true" => true,
        "false" => false,
        var other => throw Refusal.BadRequest($"{name}: '{other}' is no boolean"),
    };

    /// <summary>A whole number in the query, null when missing.</summary>
    public long? Number(string name, long least, long most) => Text(name) switch
    {
        null or "" => null,
        var text => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw Refusal.BadRequest($"{name}: must be a whole number from {least} to {most}"),
    };

    /// <summary>A whole number in the query that must be there.</summary>
    public int RequiredNumber(string name, int least, int most) =>
        (int)(Number(name, least, most) ?? throw Refusal.BadRequest($"{name}: required"));
}

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
