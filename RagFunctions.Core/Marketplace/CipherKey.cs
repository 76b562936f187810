namespace RagFunctions.Core.Marketplace;

/// <summary>
/// A key of tokens at rest. <c>Marketplace:TokenKey</c> holds all of them in one text, so that a rotation is one write of one secret: the present
/// key first, then former ones, as <c>name:key,name:key</c>. A single key may stand without a name; its name is <c>1</c>.
/// </summary>
/// <param name="Name">Stored beside each token, so that it is known which key opens it.</param>
/// <param name="Bytes">32 bytes.</param>
internal sealed record CipherKey(string Name, byte[] Bytes)
{
    /// <summary>Length of a key: AES-256.</summary>
    private const int Size = 32;

    private const string OnlyName = "1";
    private const int LongestName = 40;

    /// <summary>Reads the setting.</summary>
    /// <param name="setting">The setting's text.</param>
    /// <param name="keys">The present key first; empty where the text cannot be read.</param>
    /// <returns>What is wrong with the text, without a word of it; null = nothing.</returns>
    public static string? Read(string setting, out IReadOnlyList<CipherKey> keys)
    {
        List<CipherKey> read = [];
        keys = [];
        Span<byte> bytes = stackalloc byte[Size + 1];
        foreach (var part in setting.Split(','))
        {
            var (name, text) = part.Trim().Split(':', 2) is [var before, var after] ? (before, after) : (OnlyName, part.Trim());
            if (name.Length is 0 or > LongestName || !name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_'))
            {
                return $"the name of key {read.Count + 1} must be at most {LongestName} letters, digits, '-' and '_'";
            }

            if (!Convert.TryFromBase64String(text, bytes, out var count) || count != Size)
            {
                return $"key {read.Count + 1} must be {Size} bytes in base64";
            }

            if (read.Exists(key => key.Name == name))
            {
                return $"two keys are named '{name}'";
            }

            read.Add(new CipherKey(name, bytes[..Size].ToArray()));
        }

        keys = read;
        return null;
    }
}
