using System.Buffers.Text;
using System.Text.Json;

namespace RagFunctions.Core.Marketplace.Tokens;

/// <summary>
/// Reads a token's payload. The signature is not checked: its key is not published, and the marketplace checks it on every call.
/// </summary>
public static class TokenDecoder
{
    /// <summary>Decodes what can be decoded; a token that is no JWT gives <see cref="TokenInfo.Opaque"/>. Never throws.</summary>
    public static TokenInfo Decode(string token)
    {
        var parts = token.Split('.');
        if (parts.Length != 3)
        {
            return TokenInfo.Opaque;
        }

        try
        {
            using var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1].AsSpan().TrimEnd('=')));
            return payload.RootElement.ValueKind == JsonValueKind.Object ? Read(payload.RootElement) : TokenInfo.Opaque;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return TokenInfo.Opaque;
        }
    }

    private static TokenInfo Read(JsonElement payload)
    {
        var isTest = payload.TryGetProperty("t", out var t) && t.ValueKind == JsonValueKind.True;
        var kind = Number(payload, "acc") is { } acc and >= 1 and <= 4 ? (TokenKind)acc : TokenKind.Unknown;
        var categories = Number(payload, "s") is { } bits ? (TokenCategories)bits : (TokenCategories?)null;
        // The largest Unix time that DateTimeOffset holds.
        var expires = Number(payload, "exp") is { } seconds and > 0 and <= 253_402_300_799
            ? DateTimeOffset.FromUnixTimeSeconds(seconds)
            : (DateTimeOffset?)null;
        var seller = payload.TryGetProperty("sid", out var sid) && sid.ValueKind == JsonValueKind.String
            && Guid.TryParse(sid.GetString(), out var uuid)
                ? uuid.ToString()
                : null;
        // A stranger's text goes into lists and logs: short, and one line.
        var issuedFor = payload.TryGetProperty("for", out var owner) && owner.ValueKind == JsonValueKind.String
            && owner.GetString() is { Length: <= 100 } name && !name.Any(char.IsControl)
                ? name
                : null;
        return new TokenInfo(seller, isTest ? TokenKind.Test : kind, categories, expires, isTest, Number(payload, "oid"), issuedFor);
    }

    private static long? Number(JsonElement payload, string name) =>
        payload.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number)
            ? number
            : null;
}
