using System.Text.Json.Nodes;

namespace RagFunctions.Dev.Fakes.Marketplace.Faults;

/// <summary>Spoils the rows of a page and leaves what stands around them.</summary>
internal static class RowOrder
{
    /// <summary>Every row twice, the second time in another place.</summary>
    public static byte[] Twice(byte[] body) => Change(body, rows => [.. rows, .. rows]);

    /// <summary>Every second row first, then the others backwards: neither the first row nor the last stays in its place.</summary>
    public static byte[] Mixed(byte[] body) =>
        Change(body, rows => [.. rows.Where((_, index) => index % 2 == 1), .. rows.Where((_, index) => index % 2 == 0).Reverse()]);

    /// <summary>No rows at all.</summary>
    public static byte[] None(byte[] body) => Change(body, _ => []);

    /// <summary>One more row in the middle, without any field that it must have.</summary>
    public static byte[] WithBadRow(byte[] body) =>
        Change(body, rows => [.. rows.Take(rows.Count / 2), new JsonObject { ["unexpected"] = "row", ["date"] = "2026-13-45" }, .. rows.Skip(rows.Count / 2)]);

    /// <summary><c>null</c> in place of the list.</summary>
    public static byte[] Null(byte[] body)
    {
        if (body.Length == 0)
        {
            return body;
        }

        var root = JsonNode.Parse(body)!;
        if (Rows(root) is { Parent: JsonObject parent } rows)
        {
            parent[parent.Single(field => field.Value == rows).Key] = null;
            return System.Text.Encoding.UTF8.GetBytes(root.ToJsonString());
        }

        return "null"u8.ToArray();
    }

    private static byte[] Change(byte[] body, Func<List<JsonNode?>, List<JsonNode?>> change)
    {
        if (body.Length == 0)
        {
            return body;
        }

        var root = JsonNode.Parse(body)!;
        if (Rows(root) is { Count: > 0 } rows)
        {
            var changed = change([.. rows]).Select(row => row?.DeepClone()).ToList();
            rows.Clear();
            changed.ForEach(row => rows.Add(row));
        }

        return System.Text.Encoding.UTF8.GetBytes(root.ToJsonString());
    }

    // The first list that is met from above: the answer itself, or one of its own or of its data's fields.
    private static JsonArray? Rows(JsonNode? node) => node switch
    {
        JsonArray list => list,
        JsonObject fields => fields.Select(field => field.Value).Select(Rows).FirstOrDefault(rows => rows is not null),
        _ => null,
    };
}
