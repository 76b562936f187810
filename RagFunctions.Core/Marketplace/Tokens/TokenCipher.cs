using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace RagFunctions.Core.Marketplace.Tokens;

/// <summary>
/// Tokens at rest: AES-256-GCM, bound to their cabinet, with the key's name beside them so that keys can be changed. A keyed fingerprint
/// recognises a token without revealing it.
/// </summary>
public sealed class TokenCipher
{
    private const string Version = "v1";
    private const int NonceSize = 12;
    private const int TagSize = 16;

    private readonly IReadOnlyList<CipherKey> _keys = [];

    /// <param name="options">Valid: its keys can be read.</param>
    public TokenCipher(IOptions<MarketplaceOptions> options)
    {
        if (options.Value.TokenKey is { } setting)
        {
            CipherKey.Read(setting, out _keys);
        }
    }

    /// <summary>Whether a key is set; without one only the original's plain tokens can be read.</summary>
    public bool HasKey => _keys.Count > 0;

    /// <summary>Encrypts under the present key. Form: <c>v1.{key id}.{base64 of nonce, text, tag}</c>.</summary>
    /// <exception cref="InvalidOperationException">No key is set.</exception>
    public string Encrypt(long cabinetId, string token)
    {
        var plain = Encoding.UTF8.GetBytes(token);
        var sealedBytes = new byte[NonceSize + plain.Length + TagSize];
        var nonce = sealedBytes.AsSpan(0, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var aes = new AesGcm(Present.Bytes, TagSize);
        aes.Encrypt(nonce, plain, sealedBytes.AsSpan(NonceSize, plain.Length), sealedBytes.AsSpan(NonceSize + plain.Length), Bound(cabinetId));
        return $"{Version}.{Present.Name}.{Convert.ToBase64String(sealedBytes)}";
    }

    /// <summary>Decrypts under the key that the text names.</summary>
    /// <returns>The token, or null with the problem: the key is not set, or the text is not what was stored for this cabinet.</returns>
    public (string? Token, string? Problem) Decrypt(long cabinetId, string cipher)
    {
        var parts = cipher.Split('.');
        if (parts is not [Version, var keyId, var content])
        {
            return (null, "the stored token is of an unknown form");
        }

        if (_keys.FirstOrDefault(known => known.Name == keyId) is not { } key)
        {
            return (null, $"the stored token was encrypted with the key '{keyId}', which is not among those of Marketplace:TokenKey");
        }

        try
        {
            var sealedBytes = Convert.FromBase64String(content).AsSpan();
            var plain = new byte[sealedBytes.Length - NonceSize - TagSize];
            using var aes = new AesGcm(key.Bytes, TagSize);
            aes.Decrypt(sealedBytes[..NonceSize], sealedBytes[NonceSize..^TagSize], sealedBytes[^TagSize..], plain, Bound(cabinetId));
            return (Encoding.UTF8.GetString(plain), null);
        }
        catch (Exception e) when (e is CryptographicException or FormatException or OverflowException)
        {
            return (null, $"the stored token does not open with the key '{keyId}'");
        }
    }

    /// <summary>Whether a stored text was made with the present key.</summary>
    public bool IsPresent(string cipher) => cipher.StartsWith($"{Version}.{Present.Name}.", StringComparison.Ordinal);

    /// <summary>The fingerprint under the present key, to be stored.</summary>
    public string Fingerprint(string token) => Fingerprint(Present.Bytes, token);

    /// <summary>The fingerprints a token may be stored under: one for each key that is set.</summary>
    public string[] Fingerprints(string token) =>
        [.. _keys.Select(key => Fingerprint(key.Bytes, token))];

    private static string Fingerprint(byte[] key, string token)
    {
        var own = HKDF.DeriveKey(HashAlgorithmName.SHA256, key, 32, info: "wb_cabinets fingerprint"u8.ToArray());
        return Convert.ToHexStringLower(HMACSHA256.HashData(own, Encoding.UTF8.GetBytes(token)));
    }

    private CipherKey Present => _keys.Count > 0
        ? _keys[0]
        : throw new InvalidOperationException("Marketplace:TokenKey is missing: 32 random bytes in base64, needed to store tokens.");

    private static byte[] Bound(long cabinetId) => Encoding.UTF8.GetBytes($"wb_cabinets:{cabinetId}");
}
