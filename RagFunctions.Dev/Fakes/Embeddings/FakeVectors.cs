using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace RagFunctions.Dev.Fakes.Embeddings;

/// <summary>Vectors that tell which text they belong to: pseudo-random numbers seeded by the text, of length 1.</summary>
internal static class FakeVectors
{
    public static void Fill(string text, Span<float> vector)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(text), digest);
        var state = BinaryPrimitives.ReadUInt64LittleEndian(digest);
        var square = 0f;
        for (var i = 0; i < vector.Length; i++)
        {
            // SplitMix64, the upper 24 bits as a number in [-1, 1).
            state += 0x9E37_79B9_7F4A_7C15;
            var mixed = (state ^ (state >> 30)) * 0xBF58_476D_1CE4_E5B9;
            mixed = (mixed ^ (mixed >> 27)) * 0x94D0_49BB_1331_11EB;
            var value = ((mixed ^ (mixed >> 31)) >> 40) * (1f / (1 << 23)) - 1f;
            vector[i] = value;
            square += value * value;
        }

        var scale = 1 / MathF.Sqrt(square);
        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] *= scale;
        }
    }
}
