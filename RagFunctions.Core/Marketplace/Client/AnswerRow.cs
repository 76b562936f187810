using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace RagFunctions.Core.Marketplace.Client;

/// <summary>A row of an answer that can be written: it is known by a key, and mostly by an article.</summary>
public interface IMarketplaceRow
{
    /// <summary>The row's identity at the marketplace.</summary>
    string Key { get; }

    /// <summary>The article it is about; null where it names none.</summary>
    long? Article { get; }
}

/// <summary>A row that cannot be used. It is kept aside, so that the rest of its page is not held up by it.</summary>
/// <param name="Key">Its identity where that is readable, else a digest of its content: the same row has the same key when it comes again.</param>
/// <param name="Article">The article it names; null where that is not readable.</param>
/// <param name="Reason">What is wrong, for an operator.</param>
/// <param name="Json">The beginning of the row as it came.</param>
public sealed record RejectedRow(string Key, long? Article, string Reason, string Json)
{
    /// <summary>So much of a row is kept: enough to see what it is, bounded whatever comes.</summary>
    public const int LongestJson = 4_096;

    /// <summary>The length of the column.</summary>
    public const int LongestKey = 200;
}

/// <summary>The rows of a page that can be written, and those that cannot.</summary>
public sealed record AnswerPage<T>(IReadOnlyList<T> Rows, IReadOnlyList<RejectedRow> Rejects)
{
    /// <summary>
    /// From so many bad rows on, a page of which more than half is bad is a contract that has changed, and nothing of it is believed. Below
    /// that it is a small page with a bad row, which must not hold up its entity.
    /// </summary>
    public const int LeastForContract = 10;

    /// <summary>How many rows the marketplace sent.</summary>
    public int Count => Rows.Count + Rejects.Count;

    /// <summary>Sorts the rows of a list.</summary>
    /// <param name="list">What the answer calls it, for the error.</param>
    /// <exception cref="MarketplaceFormatException">More than half of the rows are bad, and at least <see cref="LeastForContract"/>.</exception>
    internal static AnswerPage<T> Of(IReadOnlyList<AnswerRow<T>>? rows, string list)
    {
        if (rows is null)
        {
            return new AnswerPage<T>([], []);
        }

        List<T> good = new(rows.Count);
        List<RejectedRow> bad = [];
        foreach (var row in rows)
        {
            if (row.Reject is { } reject)
            {
                bad.Add(reject);
            }
            else
            {
                good.AddRange(row.Rows!);
            }
        }

        return bad.Count >= LeastForContract && bad.Count * 2 > rows.Count
            ? throw new MarketplaceFormatException(list, $"has {bad.Count} unreadable rows of {rows.Count}, the first one because {bad[0].Reason}")
            : new AnswerPage<T>(good, bad);
    }
}

/// <summary>What one element of a list gave: rows, or the reason why not.</summary>
internal readonly record struct AnswerRow<T>(IReadOnlyList<T>? Rows, RejectedRow? Reject);

/// <summary>
/// Reads an element of a list by itself: a field of the wrong type, a missing or an unreadable one spoils its own row and no other. The
/// common case is read once; only a bad row is read a second time, for what is kept of it.
/// </summary>
/// <param name="identity">The names of the fields that make up the row's key.</param>
/// <param name="map">Checks the row and makes of it what is written.</param>
internal abstract class AnswerRowConverter<TWire, TRow>(string[] identity, Func<TWire, IReadOnlyList<TRow>> map) : JsonConverter<AnswerRow<TRow>>
    where TWire : class
{
    private static readonly string[] ArticleNames = ["nmId", "nmID"];

    /// <inheritdoc />
    public override AnswerRow<TRow> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        var start = reader;
        string reason;
        try
        {
            if (JsonSerializer.Deserialize(ref reader, (JsonTypeInfo<TWire>)options.GetTypeInfo(typeof(TWire))) is { } wire)
            {
                return new(map(wire), null);
            }

            reason = "it is null";
        }
        catch (JsonException e)
        {
            reason = $"{e.Path?.TrimStart('$', '.') ?? "it"} is of another type than promised";
        }
        catch (MarketplaceFormatException e)
        {
            reason = e.Problem;
        }

        // Where the JSON itself is broken this throws, and the whole answer is refused.
        reader = start;
        using var row = JsonDocument.ParseValue(ref reader);
        return new(null, new RejectedRow(KeyOf(row.RootElement), ArticleOf(row.RootElement), reason, Cut(row.RootElement.GetRawText())));
    }

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, AnswerRow<TRow> value, JsonSerializerOptions options) => throw new NotSupportedException();

    private string KeyOf(JsonElement row)
    {
        var key = new StringBuilder();
        foreach (var name in identity)
        {
            if (row.ValueKind != JsonValueKind.Object || !row.TryGetProperty(name, out var value)
                || value.ValueKind is not (JsonValueKind.String or JsonValueKind.Number) || TextOf(value) is not { Length: > 0 } text)
            {
                return Digest(row);
            }

            key.Append(key.Length > 0 ? "/" : "").Append(text);
        }

        return key.Length <= RejectedRow.LongestKey ? key.ToString() : Digest(row);
    }

    private static string Digest(JsonElement row) =>
        "sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(row.GetRawText())));

    private static long? ArticleOf(JsonElement row)
    {
        if (row.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        foreach (var name in ArticleNames)
        {
            if (row.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var article))
            {
                return article;
            }
        }

        return null;
    }

    private static string Cut(string json)
    {
        var cut = json.Length > RejectedRow.LongestJson ? json[..RejectedRow.LongestJson] : json;
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(cut.Replace("\0", "", StringComparison.Ordinal)));
    }

    // Half a surrogate pair cannot be read as text: such an identity is none.
    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ToString().Replace("\0", "", StringComparison.Ordinal);
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
