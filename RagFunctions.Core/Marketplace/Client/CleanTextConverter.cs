using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RagFunctions.Core.Marketplace.Client;

/// <summary>Texts as PostgreSQL can hold them: without zero bytes, and with halves of surrogate pairs replaced.</summary>
internal sealed class CleanTextConverter : JsonConverter<string>
{
    /// <inheritdoc />
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Number)
        {
            // Ids that some versions of the API give as a number and others as a text.
            return reader.TryGetInt64(out var whole) ? whole.ToString(System.Globalization.CultureInfo.InvariantCulture) : null;
        }

        string? text;
        try
        {
            text = reader.GetString();
        }
        catch (InvalidOperationException) when (reader.TokenType == JsonTokenType.String)
        {
            text = ReplaceBrokenEscapes(reader.HasValueSequence
                ? Encoding.UTF8.GetString(System.Buffers.BuffersExtensions.ToArray(reader.ValueSequence))
                : Encoding.UTF8.GetString(reader.ValueSpan));
        }

        return text is not null && text.Contains('\0', StringComparison.Ordinal) ? text.Replace("\0", "", StringComparison.Ordinal) : text;
    }

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);

    private static string ReplaceBrokenEscapes(string raw)
    {
        var clean = new StringBuilder(raw.Length);
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] != '\\')
            {
                clean.Append(raw[i]);
                continue;
            }

            i++;
            if (raw[i] != 'u')
            {
                clean.Append(raw[i] switch { 'n' => '\n', 'r' => '\r', 't' => '\t', 'b' => '\b', 'f' => '\f', var other => other });
                continue;
            }

            clean.Append((char)Convert.ToUInt16(raw.Substring(i + 1, 4), 16));
            i += 4;
        }

        // The round trip through UTF-8 turns every lone half into U+FFFD.
        return Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(clean.ToString()));
    }
}
