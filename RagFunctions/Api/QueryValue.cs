using System.Globalization;
using System.Text.Json.Nodes;

namespace RagFunctions.Api;

/// <summary>A parameter of the query: how it is read and described.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Meaning">What it does.</param>
internal abstract record QueryValue(string Name, string Meaning)
{
    /// <summary>What it may be.</summary>
    public abstract JsonObject Schema { get; }

    /// <summary>The value.</summary>
    /// <param name="given">What stands in the query; null where the parameter stands there more than once.</param>
    /// <exception cref="BadRequestException">It is not what the parameter takes.</exception>
    public abstract object Read(string? given);
}

/// <summary>A parameter of the query that gives a <typeparamref name="T"/>.</summary>
internal abstract record QueryValue<T>(string Name, string Meaning) : QueryValue(Name, Meaning)
    where T : notnull
{
    /// <inheritdoc />
    public sealed override object Read(string? given) => TryRead(given, out var value) ? value : throw new BadRequestException($"{Name} must be {Allowed}, once.");

    /// <summary>In words, what it may be.</summary>
    protected abstract string Allowed { get; }

    /// <summary>False: that is nothing it takes.</summary>
    protected abstract bool TryRead(string? given, out T value);
}

/// <summary>True or false; absent is false.</summary>
internal sealed record QueryFlag(string Name, string Meaning) : QueryValue<bool>(Name, Meaning)
{
    public override JsonObject Schema => new() { ["type"] = "boolean", ["default"] = false };

    protected override string Allowed => "true or false";

    protected override bool TryRead(string? given, out bool value) => bool.TryParse(given, out value);
}

/// <summary>An integer from 1.</summary>
/// <param name="Most">The largest.</param>
internal sealed record QueryNumber(string Name, string Meaning, long Most) : QueryValue<long>(Name, Meaning)
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

    protected override string Allowed => $"an integer from 1 to {Most}";

    protected override bool TryRead(string? given, out long value) =>
        long.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= 1 && value <= Most;
}

/// <summary>One of a few words.</summary>
/// <param name="All">The words.</param>
internal sealed record QueryWord(string Name, string Meaning, IReadOnlyList<string> All) : QueryValue<string>(Name, Meaning)
{
    public override JsonObject Schema => new() { ["type"] = "string", ["enum"] = new JsonArray([.. All.Select(word => (JsonNode)word)]) };

    protected override string Allowed => $"one of {string.Join(", ", All)}";

    protected override bool TryRead(string? given, out string value) => All.Contains(value = given ?? "");
}

/// <summary>A text with something in it.</summary>
/// <param name="Longest">In characters.</param>
internal sealed record QueryText(string Name, string Meaning, int Longest) : QueryValue<string>(Name, Meaning)
{
    public override JsonObject Schema => ApiValues.Text(Longest).Schema;

    protected override string Allowed => $"a text of 1 to {Longest} characters";

    protected override bool TryRead(string? given, out string value) => !string.IsNullOrWhiteSpace(value = given ?? "") && value.Length <= Longest;
}

/// <summary>Cabinets, their ids with commas between them.</summary>
/// <param name="Most">How many.</param>
internal sealed record QueryIds(string Name, string Meaning, int Most) : QueryValue<IReadOnlySet<long>>(Name, Meaning)
{
    public override JsonObject Schema => new() { ["type"] = "string", ["pattern"] = "^[0-9]+(,[0-9]+)*$" };

    protected override string Allowed => $"1 to {Most} ids with commas between them";

    protected override bool TryRead(string? given, out IReadOnlySet<long> value)
    {
        var parts = given?.Split(',') ?? [];
        var isRead = given is not null && parts.Length <= Most;
        value = isRead ? parts.Select(part => RequestReader.ReadId(part, Name)).ToHashSet() : new HashSet<long>();
        return isRead;
    }
}

/// <summary>The query of a request, as its route understands it.</summary>
/// <param name="given">The values that were given, by the names of their parameters.</param>
internal sealed class QueryValues(IReadOnlyDictionary<string, object> given)
{
    public static readonly QueryValues None = new(new Dictionary<string, object>());

    public bool Has(QueryFlag flag) => given.TryGetValue(flag.Name, out var value) && (bool)value;

    /// <summary>The value given; null: none.</summary>
    public T? Of<T>(QueryValue<T> parameter)
        where T : class => given.TryGetValue(parameter.Name, out var value) ? (T)value : null;

    /// <summary>The number given, else the usual one; 0 where there is neither.</summary>
    public long Of(QueryNumber number) => given.TryGetValue(number.Name, out var value) ? (long)value : number.Usual ?? 0;
}
