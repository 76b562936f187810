using System.Text.Json;

namespace RagFunctions.Tests.Dev.Fakes;

/// <summary>
/// A field table as the specification gives it: words <c>name:type</c>, where a type is s(tring), i(nteger), n(umber), b(oolean),
/// o(bject), l(ist), *(any); <c>?</c> after the name = may be missing, <c>|0</c> after the type = may be null.
/// </summary>
internal sealed class FieldTable
{
    private readonly Dictionary<string, (char Type, bool Optional, bool Nullable)> _fields;

    public FieldTable(string table) => _fields = table
        .Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(word => word.Split(':'))
        .ToDictionary(
            word => word[0].TrimEnd('?'),
            word => (word[1][0], word[0].EndsWith('?'), word[1].EndsWith("|0", StringComparison.Ordinal)));

    /// <summary>The optional fields that were missing on some row and there on another, and the nullable ones seen in both states.</summary>
    public HashSet<string> SeenBothWays { get; } = [];

    /// <summary>Every row has exactly the fields of the table.</summary>
    public void Check(IEnumerable<JsonElement> rows)
    {
        var seen = _fields.Keys.ToDictionary(name => name, _ => (There: false, Absent: false));
        var count = 0;
        foreach (var row in rows)
        {
            count++;
            foreach (var (name, field) in _fields)
            {
                var there = row.TryGetProperty(name, out var value);
                Assert.True(there || field.Optional, $"{name} is missing: {row}");
                if (there)
                {
                    Assert.True(IsOf(value, field.Type) || (field.Nullable && value.ValueKind == JsonValueKind.Null), $"{name} is {value.ValueKind}: {row}");
                }

                var absent = !there || value.ValueKind == JsonValueKind.Null;
                seen[name] = (seen[name].There || !absent, seen[name].Absent || absent);
            }

            Assert.All(row.EnumerateObject(), field => Assert.True(_fields.ContainsKey(field.Name), $"{field.Name} is not in the table"));
        }

        Assert.True(count > 0, "there is no row");
        SeenBothWays.UnionWith(seen.Where(field => field.Value is { There: true, Absent: true }).Select(field => field.Key));
    }

    private static bool IsOf(JsonElement value, char type) => type switch
    {
        's' => value.ValueKind == JsonValueKind.String,
        'i' => value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out var number) && number == decimal.Truncate(number),
        'n' => value.ValueKind == JsonValueKind.Number,
        'b' => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        'o' => value.ValueKind == JsonValueKind.Object,
        'l' => value.ValueKind == JsonValueKind.Array,
        _ => true,
    };
}
