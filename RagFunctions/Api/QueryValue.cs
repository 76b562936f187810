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

/// <summary>The query of a request, as its route understands it.</summary>
internal sealed class QueryValues(IReadOnlySet<string> flags, IReadOnlyDictionary<string, long> numbers)
{
    public static readonly QueryValues None = new(new HashSet<string>(), new Dictionary<string, long>());

    public bool Has(QueryFlag flag) => flags.Contains(flag.Name);

    /// <summary>The number given, else the usual one; 0 where there is neither.</summary>
    public long Of(QueryNumber number) => numbers.TryGetValue(number.Name, out var given) ? given : number.Usual ?? 0;
}
