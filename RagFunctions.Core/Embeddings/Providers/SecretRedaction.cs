using System.Text.RegularExpressions;

namespace RagFunctions.Core.Embeddings.Providers;

/// <summary>Takes out of a provider's error text what looks like a credential, and shortens it.</summary>
public static partial class SecretRedaction
{
    private const string Hidden = "[redacted]";
    private const int MaxLength = 300;

    /// <summary>The text fit for a log or a status row: no keys, at most 300 characters, one line.</summary>
    /// <param name="text">What the provider wrote; some echo the key they were given.</param>
    /// <param name="secret">A secret known to us; removed wherever it stands.</param>
    public static string Redact(string text, string? secret)
    {
        // Providers shorten a key they echo ("sk-ab***yz"), so the known secret alone would not do.
        var clean = string.IsNullOrWhiteSpace(secret) ? text : text.Replace(secret, Hidden, StringComparison.OrdinalIgnoreCase);
        clean = LooksLikeKey().Replace(clean, Hidden);
        clean = Whitespace().Replace(clean, " ").Trim();
        return clean.Length <= MaxLength ? clean : string.Concat(clean.AsSpan(0, MaxLength), "…");
    }

    // Bearer tokens (JWT among them), OpenAI keys whole or masked, and any run of 32 or more letters and digits: Azure keys have 32 or 84.
    [GeneratedRegex(@"Bearer\s+\S+|eyJ[\w-]+\.[\w.-]+|sk-[\w*.-]{4,}|(?<![\w-])[A-Za-z0-9*]{32,}(?![\w-])", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex LooksLikeKey();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Whitespace();
}
