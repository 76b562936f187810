using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace RagFunctions.Dev.Fakes.Marketplace.Tokens;

/// <summary>Makes and reads tokens: JWTs with the marketplace's fields, signed by a key that is no secret.</summary>
public static class MarketplaceTokens
{
    private static readonly byte[] Key = "the fake marketplace signs with a key that everybody may know"u8.ToArray();
    private static readonly string Header = Base64Url.EncodeToString("""{"alg":"HS256","kid":"fake","typ":"JWT"}"""u8);

    /// <summary>A token; two calls never give the same one.</summary>
    public static string Create(Guid sellerId, TokenType type, TokenScopes categories, DateTimeOffset expires)
    {
        var payload = new SortedDictionary<string, object>
        {
            ["acc"] = (int)type,
            ["ent"] = 1,
            ["exp"] = expires.ToUnixTimeSeconds(),
            ["for"] = type == TokenType.Service ? "asid:6f1f2f0a-0000-4000-8000-000000000001" : "self",
            ["id"] = Guid.NewGuid(),
            ["oid"] = BitConverter.ToUInt32(sellerId.ToByteArray()) % 4_000_000,
            ["s"] = (long)categories,
            ["sid"] = sellerId,
            ["t"] = type == TokenType.Test,
        };
        var signed = $"{Header}.{Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(payload))}";
        return $"{signed}.{Sign(signed)}";
    }

    /// <summary>Reads a token; null when it is none of ours or was altered.</summary>
    public static MarketplaceToken? Read(string text)
    {
        var end = text.LastIndexOf('.');
        if (end < 0 || text.Split('.') is not [_, var payload, var signature]
            || !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(signature), Encoding.UTF8.GetBytes(Sign(text[..end]))))
        {
            return null;
        }

        using var document = JsonDocument.Parse(Base64Url.DecodeFromChars(payload));
        var root = document.RootElement;
        return new MarketplaceToken(
            root.GetProperty("sid").GetGuid(),
            (TokenType)root.GetProperty("acc").GetInt32(),
            (TokenScopes)root.GetProperty("s").GetInt64(),
            DateTimeOffset.FromUnixTimeSeconds(root.GetProperty("exp").GetInt64()));
    }

    private static string Sign(string text) => Base64Url.EncodeToString(HMACSHA256.HashData(Key, Encoding.UTF8.GetBytes(text)));
}

/// <summary>What a token of this server says.</summary>
/// <param name="SellerId">The seller account (<c>sid</c>).</param>
/// <param name="Type">Its kind (<c>acc</c>).</param>
/// <param name="Categories">What it may call (<c>s</c>).</param>
/// <param name="Expires">The end of its life (<c>exp</c>).</param>
public sealed record MarketplaceToken(Guid SellerId, TokenType Type, TokenScopes Categories, DateTimeOffset Expires);

/// <summary>The field <c>acc</c> of a token: it decides limits and which methods answer.</summary>
public enum TokenType
{
    /// <summary>Reduced limits, fewer methods.</summary>
    Basic = 1,

    /// <summary>For the sandbox: the hosts of this server refuse it.</summary>
    Test = 2,

    /// <summary>For the seller's own programs.</summary>
    Personal = 3,

    /// <summary>For a solution of the marketplace's catalogue.</summary>
    Service = 4,
}

/// <summary>The bits of a token's field <c>s</c>.</summary>
[Flags]
public enum TokenScopes : long
{
    None = 0,
    Content = 1L << 1,
    Analytics = 1L << 2,
    Prices = 1L << 3,
    Marketplace = 1L << 4,
    Statistics = 1L << 5,
    Promotion = 1L << 6,
    Feedbacks = 1L << 7,
    Recommendations = 1L << 8,
    Chat = 1L << 9,
    Supplies = 1L << 10,
    Returns = 1L << 11,
    Documents = 1L << 12,

    /// <summary>Not a category: the token may only read, as every method here does.</summary>
    ReadOnly = 1L << 30,

    /// <summary>What a whole sync needs.</summary>
    Sync = Content | Analytics | Prices | Statistics | Feedbacks,

    /// <summary>Every category of this server's methods.</summary>
    Everything = Sync | Marketplace | Returns,
}
