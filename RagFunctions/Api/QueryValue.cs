using System.Text.Json.Nodes;

namespace RagFunctions.Api;

/// <summary>A parameter of the query.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Meaning">What it does.</param>
internal abstract record QueryValue(string Name, string Meaning)
{
    /// <summary>What it may be.</summary>
    public abstract JsonObject Schema { get; }
}

/// <summary>True or false; absent is false.</summary>
internal sealed record QueryFlag(string Name, string Meaning) : QueryValue(Name, Meaning)
{
    public override JsonObject Schema => new() { ["type"] = "boolean", ["default"] = false };
}

/// <summary>An integer from 1.</summary>
/// <param name="Most">The largest.</param>
internal sealed record QueryNumber(string Name, string Meaning, long Most) : QueryValue(Name, Meaning)
{
    /// <summary>What an absent one counts as; null: nothing in particular.</summary>
    public long? Usual { get; init; }

    public override JsonObject Schema
    {
        get
        {
            var schema = ApiValues.Integer(Most).Schema;
            if (Usual is { } usual)
            {
                schema["default"] = usual;
            }

            return schema;
        }
    }
}

/// <summary>One of a few words.</summary>
/// <param name="All">The words.</param>
internal sealed record QueryWord(string Name, string Meaning, IReadOnlyList<string> All) : QueryValue(Name, Meaning)
{
    public override JsonObject Schema => new() { ["type"] = "string", ["enum"] = new JsonArray([.. All.Select(word => (JsonNode)word)]) };
}

/// <summary>A text with something in it.</summary>
/// <param name="Longest">In characters.</param>
internal sealed record QueryText(string Name, string Meaning, int Longest) : QueryValue(Name, Meaning)
{
    public override JsonObject Schema => ApiValues.Text(Longest).Schema;
}

/// <summary>Cabinets, their ids with commas between them.</summary>
/// <param name="Most">How many.</param>
internal sealed record QueryIds(string Name, string Meaning, int Most) : QueryValue(Name, Meaning)
{
    public override JsonObject Schema => new() { ["type"] = "string", ["pattern"] = "^[0-9]+(,[0-9]+)*$" };
}

/// <summary>The query of a request, as its route understands it.</summary>
internal sealed class QueryValues(
    IReadOnlySet<string> flags, IReadOnlyDictionary<string, long> numbers, IReadOnlyDictionary<string, string> texts,
    IReadOnlyDictionary<string, IReadOnlySet<long>> ids)
{
    public static readonly QueryValues None = new(
        new HashSet<string>(), new Dictionary<string, long>(), new Dictionary<string, string>(), new Dictionary<string, IReadOnlySet<long>>());

    public bool Has(QueryFlag flag) => flags.Contains(flag.Name);

    /// <summary>The word given; null: none.</summary>
    public string? Of(QueryWord word) => texts.GetValueOrDefault(word.Name);

    /// <summary>The text given; null: none.</summary>
    public string? Of(QueryText text) => texts.GetValueOrDefault(text.Name);

    /// <summary>The ids given; null: none.</summary>
    public IReadOnlySet<long>? Of(QueryIds list) => ids.GetValueOrDefault(list.Name);

    /// <summary>The number given, else the usual one; 0 where there is neither.</summary>
    public long Of(QueryNumber number) => numbers.TryGetValue(number.Name, out var given) ? given : number.Usual ?? 0;
}
