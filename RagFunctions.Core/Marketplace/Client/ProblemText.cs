using System.Text;
using System.Text.Json;

namespace RagFunctions.Core.Marketplace.Client;

/// <summary>What an error answer says, short enough for a log row.</summary>
internal static class ProblemText
{
    private const int MaxBytes = 16_384;
    private const int MaxCharacters = 300;

    private static readonly string[] Fields = ["title", "detail", "code", "errorText", "message", "requestId", "additionalErrors"];

    /// <summary>Reads <c>application/problem+json</c>, the older <c>errors</c> and plain text; a page of HTML gives an empty text.</summary>
    /// <param name="secrets">What nothing that a peer echoes may carry into a log.</param>
    public static async Task<string> ReadAsync(Stream body, IReadOnlyList<string?> secrets, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxBytes];
        var count = await body.ReadAtLeastAsync(buffer, MaxBytes, throwOnEndOfStream: false, cancellationToken);
        var text = secrets.OfType<string>().Where(secret => secret.Length > 0)
            .Aggregate(Describe(buffer.AsMemory(0, count)), (told, secret) => told.Replace(secret, "***", StringComparison.Ordinal));
        text = new string([.. text.Select(c => char.IsControl(c) ? ' ' : c)]).Trim();
        return text.Length > MaxCharacters ? text[..MaxCharacters] : text;
    }

    private static string Describe(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return Describe(document.RootElement);
        }
        catch (JsonException)
        {
            var text = Encoding.UTF8.GetString(body.Span).Trim();
            return text.StartsWith('<') ? "" : text;
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
            if (root.TryGetProperty(field, out var value) && value.ValueKind is JsonValueKind.String or JsonValueKind.Number or JsonValueKind.Array)
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

        return text.ToString();
    }

    private static void Append(StringBuilder text, string part)
    {
        if (part.Length > 0)
        {
            text.Append(text.Length > 0 ? "; " : "").Append(part);
        }
    }
}
