using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace RagFunctions.Core.Chunks;

/// <summary>The identity of a text in the index.</summary>
public static class ChunkHash
{
    private const int OnStack = 2048;

    /// <summary>SHA-256 of the UTF-8 bytes as 64 lower-case hexadecimal digits, as the index has always had it.</summary>
    public static string Of(string text)
    {
        var size = Encoding.UTF8.GetMaxByteCount(text.Length);
        var rented = size > OnStack ? ArrayPool<byte>.Shared.Rent(size) : null;
        try
        {
            Span<byte> bytes = rented ?? stackalloc byte[OnStack];
            Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
            SHA256.HashData(bytes[..Encoding.UTF8.GetBytes(text, bytes)], hash);
            return Convert.ToHexStringLower(hash);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }
}
