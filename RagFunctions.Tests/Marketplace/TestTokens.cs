using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using RagFunctions.Core.Marketplace.Tokens;

namespace RagFunctions.Tests.Marketplace;

/// <summary>Tokens that say what a test wants. Their signature is empty: nobody checks it here.</summary>
internal static class TestTokens
{
    public static string Of(
        string? seller = "7c9e6679-7425-40de-944b-e07fc1f90ae7",
        TokenKind kind = TokenKind.Personal,
        TokenCategories categories = TokenCategories.Needed,
        DateTimeOffset? expires = null)
    {
        Dictionary<string, object> payload = new()
        {
            ["id"] = Guid.NewGuid(),
            ["acc"] = (int)kind,
            ["s"] = (long)categories,
            ["exp"] = (expires ?? new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero)).ToUnixTimeSeconds(),
            ["t"] = false,
        };
        if (seller is not null)
        {
            payload["sid"] = seller;
        }

        return FromJson(JsonSerializer.Serialize(payload));
    }

    public static string FromJson(string payload) =>
        $"{Encode("""{"alg":"ES256","typ":"JWT"}""")}.{Encode(payload)}.{Encode("signature")}";

    private static string Encode(string text) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(text));
}
