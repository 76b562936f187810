using System.Text;
using System.Text.Json;

namespace RagFunctions.Core.Marketplace.Client;

/// <summary>What an error answer says, short enough for a log row.</summary>
internal static class ProblemText
{
    private const int MaxBytes = 16_384;
    private const int MaxCharacters = 300;

    private static readonly string[] Fields = ["title", "detail", "code", "errorText", "message", "requestId"];

    /// <summary>Reads <c>application/problem+json</c> and the older <c>errors</c>; anything else gives an empty text.</summary>
    public static async Task<string> ReadAsync(Stream body, string secret, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxBytes];
        var count = await body.ReadAtLeastAsync(buffer, MaxBytes, throwOnEndOfStream: false, cancellationToken);
        try
        {
            using var document = JsonDocument.Parse(buffer.AsMemory(0, count));
            var text = Describe(document.RootElement);
            // Nothing that a peer echoes may carry the token into a log.
            text = secret.Length > 0 ? text.Replace(secret, "***", StringComparison.Ordinal) : text;
            return text.Length > MaxCharacters ? text[..MaxCharacters] : text;
        }
        catch (JsonException)
        {
            return "";
        }
    }

    private static string Describe(JsonElement root)
    {
        if (root.ValueKind != JsonValueKind.Object)
        {
            return "";
        }

        var text = new StringBuilder();
        foreach (var field in Fields)
        {
            if (root.TryGetProperty(field, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Number)
            {
                Append(text, value.ToString());
            }
        }

        if (root.TryGetProperty("errors", out var errors))
        {
            foreach (var error in errors.ValueKind == JsonValueKind.Array ? errors.EnumerateArray().AsEnumerable() : [errors])
            {
                Append(text, error.ToString());
            }
        }

        return text.ToString().Replace("\0", "", StringComparison.Ordinal);
    }

    private static void Append(StringBuilder text, string part)
    {
        if (part.Length > 0)
        {
            text.Append(text.Length > 0 ? "; " : "").Append(part);
        }
    }
}
