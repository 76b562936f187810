using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace RagFunctions.Api;

/// <summary>Finds the caller that a key belongs to.</summary>
public sealed class ApiKeyRing
{
    private readonly List<(byte[] Hash, ApiCaller Caller)> _keys = [];

    public ApiKeyRing(IOptions<ApiKeysOptions> options)
    {
        foreach (var key in options.Value.Keys)
        {
            key.TryReadCabinets(out var cabinets);
            _keys.Add((Hash(key.Key), new ApiCaller(cabinets)));
        }
    }

    /// <summary>No key is configured: everything is refused.</summary>
    public bool IsEmpty => _keys.Count == 0;

    /// <summary>The caller; null for a key that is none of ours. Takes the same time whichever key is given.</summary>
    public ApiCaller? Find(string given)
    {
        var hash = Hash(given);
        ApiCaller? caller = null;
        foreach (var (known, whose) in _keys)
        {
            if (CryptographicOperations.FixedTimeEquals(hash, known))
            {
                caller = whose;
            }
        }

        return caller;
    }

    private static byte[] Hash(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));
}
