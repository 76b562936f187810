using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace RagFunctions.Dev.Fakes.Embeddings;

/// <summary>Writes the body of an answer, sound or with a fault.</summary>
internal static class FakeAnswerWriter
{
    public static ReadOnlyMemory<byte> Vectors(IReadOnlyList<string> inputs, int dimensions, bool base64, string? model, AnswerFault fault, bool counts)
    {
        var body = new ArrayBufferWriter<byte>((inputs.Count * dimensions * (base64 ? 6 : 12)) + 256);
        using (var json = new Utf8JsonWriter(body))
        {
            json.WriteStartObject();
            json.WriteString("object", "list");
            json.WriteStartArray("data");
            var vector = new float[dimensions];
            foreach (var i in Order(inputs.Count, fault))
            {
                FakeVectors.Fill(inputs[i], vector);
                if (i == inputs.Count / 2)
                {
                    Spoil(vector, fault);
                }

                var length = fault == AnswerFault.WrongDimension && i == inputs.Count / 2 ? dimensions - 1 : dimensions;
                WriteItem(json, i, inputs.Count, vector.AsSpan(0, length), base64, fault);
            }

            json.WriteEndArray();
            json.WriteString("model", model);
            if (counts)
            {
                json.WriteStartObject("usage");
                var tokens = inputs.Sum(input => (long)FakeEmbeddingsServer.TokensOf(input));
                json.WriteNumber("prompt_tokens", tokens);
                json.WriteNumber("total_tokens", tokens);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        return fault == AnswerFault.HalfJson ? body.WrittenMemory[..(body.WrittenCount / 2)] : body.WrittenMemory;
    }

    private static IEnumerable<int> Order(int count, AnswerFault fault) => fault switch
    {
        AnswerFault.EmptyArray => [],
        AnswerFault.FewerVectors => Enumerable.Range(0, count - 1),
        AnswerFault.Shuffled => Enumerable.Range(0, count).OrderBy(i => (uint)(i + 1) * 2_654_435_761 % 1_009).ThenByDescending(i => i),
        _ => Enumerable.Range(0, count),
    };

    private static void Spoil(float[] vector, AnswerFault fault)
    {
        switch (fault)
        {
            case AnswerFault.NaN:
                vector[vector.Length / 2] = float.NaN;
                break;
            case AnswerFault.Infinity:
                vector[^1] = float.PositiveInfinity;
                break;
            case AnswerFault.Zeros:
                Array.Clear(vector);
                break;
        }
    }

    private static void WriteItem(Utf8JsonWriter json, int index, int count, ReadOnlySpan<float> vector, bool base64, AnswerFault fault)
    {
        json.WriteStartObject();
        json.WriteString("object", "embedding");
        if (fault != AnswerFault.WithoutIndex)
        {
            json.WriteNumber("index", fault switch
            {
                AnswerFault.RepeatedIndex when index == 0 => count - 1,
                AnswerFault.ForeignIndex when index == 0 => count,
                _ => index,
            });
        }

        if (base64)
        {
            json.WriteBase64String("embedding", MemoryMarshal.AsBytes(vector));
        }
        else
        {
            json.WriteStartArray("embedding");
            foreach (var value in vector)
            {
                // JSON has no NaN; servers that print one print this.
                if (float.IsFinite(value))
                {
                    json.WriteNumberValue(value);
                }
                else
                {
                    json.WriteRawValue("NaN", skipInputValidation: true);
                }
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
    }
}

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
