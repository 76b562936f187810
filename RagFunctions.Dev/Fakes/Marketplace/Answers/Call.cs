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
