using System.Text.Json;
using System.Text.Json.Nodes;
using RagFunctions.Core;

namespace RagFunctions.Api;

/// <summary>The body that names changed rows.</summary>
internal static class ChangedIds
{
    /// <summary>Row ids in one request.</summary>
    private const int MostIds = 100_000;

    private static readonly ApiValue<long> RowId = ApiValues.Integer(long.MaxValue);

    /// <summary>How it is read and described: the ids by entity.</summary>
    public static readonly ApiBody<IReadOnlyDictionary<Entity, IReadOnlyCollection<long>>> Body = new(
        () => new Dictionary<Entity, IReadOnlyCollection<long>>(),
        BodyField<IReadOnlyDictionary<Entity, IReadOnlyCollection<long>>>.Of(
            "changed_ids",
            $"Primary keys of changed rows (never article numbers) by entity, at most {MostIds} in all. Rows that are gone, foreign or named twice do no harm.",
            new ApiValue<IReadOnlyDictionary<Entity, IReadOnlyCollection<long>>>(Describe, Read),
            (_, changed) => changed))
    {
        IsOptional = true,
        Examples = new Dictionary<string, JsonObject>
        {
            ["changed rows"] = new() { ["changed_ids"] = new JsonObject { ["orders"] = new JsonArray(1, 2), ["stocks"] = new JsonArray(7) } },
            ["nothing changed"] = new() { ["changed_ids"] = new JsonObject() },
        },
    };

    private static JsonObject Describe() => new()
    {
        ["type"] = "object",
        ["additionalProperties"] = false,
        ["properties"] = new JsonObject([.. EntityNames.All.Select(entity => KeyValuePair.Create(
            entity.WireName(), (JsonNode?)new JsonObject { ["type"] = "array", ["maxItems"] = MostIds, ["items"] = RowId.Schema }))]),
    };

    private static Dictionary<Entity, IReadOnlyCollection<long>> Read(JsonElement value, string name)
    {
        Dictionary<Entity, IReadOnlyCollection<long>> changed = [];
        var left = MostIds;
        foreach (var list in RequestReader.Fields(value, name))
        {
            if (!EntityNames.TryParseWireName(list.Name, out var entity))
            {
                throw new BadRequestException($"{name}: '{list.Name}' is no entity (orders, products, stocks, reviews, sales).");
            }

            var ids = ReadIds(list.Value, $"{name}.{list.Name}");
            left -= ids.Count;
            changed.Add(entity, ids);
            if (left < 0)
            {
                throw new BadRequestException($"{name} has more than {MostIds} ids.");
            }
        }

        return changed;
    }

    private static List<long> ReadIds(JsonElement list, string name) => list.ValueKind == JsonValueKind.Array
        ? [.. list.EnumerateArray().Select((item, index) => RowId.Read(item, $"{name}[{index}]"))]
        : throw new BadRequestException($"{name} must be a list of row ids.");
}
