using System.Buffers;
using System.Buffers.Text;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace RagFunctions.Core.Embeddings.Providers;

/// <summary>
/// Reads the body of <c>POST /embeddings</c> straight into float arrays. The vectors come back in the order of the inputs whatever
/// the order of the answer, or not at all: <c>index</c> must be a permutation of 0…n−1, each vector of the length asked for, each
/// number finite.
/// </summary>
public static class EmbeddingAnswerReader
{
    /// <summary>Reads and checks an answer.</summary>
    /// <param name="body">UTF-8 JSON; vectors as base64 of little-endian floats or as arrays of numbers.</param>
    /// <param name="inputs">How many texts were sent.</param>
    /// <param name="dimensions">The length asked for.</param>
    /// <exception cref="EmbeddingAnswerException">Anything at all is not as asked for.</exception>
    public static EmbeddingAnswer Read(ReadOnlySpan<byte> body, int inputs, int dimensions)
    {
        var vectors = new float[inputs][];
        var found = 0;
        long tokens = 0;
        var dataSeen = false;
        var isObject = false;
        try
        {
            var json = new Utf8JsonReader(body);
            Expect(ref json, JsonTokenType.StartObject, "an object");
            isObject = true;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                if (json.ValueTextEquals("data"u8) && !dataSeen)
                {
                    dataSeen = true;
                    found = ReadData(ref json, vectors, dimensions);
                }
                else if (json.ValueTextEquals("usage"u8))
                {
                    tokens = ReadUsage(ref json);
                }
                else if (json.ValueTextEquals("error"u8))
                {
                    RefuseError(ref json);
                }
                else
                {
                    json.Read();
                    json.Skip();
                }
            }

            while (json.Read())
            {
                // Reading to the end finds half an answer and text after it.
            }
        }
        catch (JsonException exception)
        {
            throw new EmbeddingAnswerException($"the answer is not the JSON of an embeddings endpoint (byte {exception.BytePositionInLine ?? 0} of line {(exception.LineNumber ?? 0) + 1})", exception)
            {
                Kind = isObject ? AnswerTrouble.Unsound : AnswerTrouble.NoVectors,
            };
        }
        catch (Exception exception) when (exception is InvalidOperationException or FormatException)
        {
            throw new EmbeddingAnswerException("the answer is JSON, but not that of an embeddings endpoint", exception);
        }

        if (!dataSeen)
        {
            throw new EmbeddingAnswerException("the answer holds no \"data\"") { Kind = AnswerTrouble.NoVectors };
        }

        return found == inputs
            ? new EmbeddingAnswer(vectors, tokens)
            : throw new EmbeddingAnswerException($"the answer holds {found} vectors for {inputs} texts")
            {
                Kind = found == 0 ? AnswerTrouble.NoVectors : AnswerTrouble.Unsound,
                Tokens = tokens,
            };
    }

    // Some servers write "error": null beside the vectors.
    private static void RefuseError(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.Null)
        {
            throw new EmbeddingAnswerException("the answer is an error") { Kind = AnswerTrouble.NoVectors };
        }
    }

    private static int ReadData(ref Utf8JsonReader json, float[]?[] vectors, int dimensions)
    {
        Expect(ref json, JsonTokenType.StartArray, "an array in \"data\"");
        var found = 0;
        while (json.Read() && json.TokenType == JsonTokenType.StartObject)
        {
            var (index, vector) = ReadItem(ref json, dimensions);
            if (index is not { } i || i < 0 || i >= vectors.Length)
            {
                throw new EmbeddingAnswerException($"the answer has a vector with index {index?.ToString() ?? "(none)"}, asked for 0 to {vectors.Length - 1}");
            }

            if (vectors[i] is not null)
            {
                throw new EmbeddingAnswerException($"the answer has two vectors with index {i}");
            }

            vectors[i] = vector ?? throw new EmbeddingAnswerException($"the answer has no \"embedding\" at index {i}");
            found++;
        }

        return json.TokenType == JsonTokenType.EndArray ? found : throw new EmbeddingAnswerException("\"data\" holds something else than objects");
    }

    private static (int? Index, float[]? Vector) ReadItem(ref Utf8JsonReader json, int dimensions)
    {
        int? index = null;
        float[]? vector = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals("index"u8))
            {
                json.Read();
                index = json.TryGetInt32(out var value) ? value : null;
            }
            else if (json.ValueTextEquals("embedding"u8))
            {
                json.Read();
                vector = ReadVector(ref json, dimensions);
            }
            else
            {
                json.Read();
                json.Skip();
            }
        }

        return (index, vector);
    }

    private static float[] ReadVector(ref Utf8JsonReader json, int dimensions)
    {
        var vector = json.TokenType == JsonTokenType.String ? FromBase64(ref json, dimensions) : FromNumbers(ref json, dimensions);

        // One sum tells of any NaN or infinity; a vector of zeros has no direction and so no cosine distance to anything.
        var square = SumOfSquares(vector);
        return float.IsFinite(square) && square > 0
            ? vector
            : throw new EmbeddingAnswerException("the answer has a vector with NaN, infinity or nothing but zeros");
    }

    private static float SumOfSquares(ReadOnlySpan<float> vector)
    {
        var lanes = MemoryMarshal.Cast<float, Vector<float>>(vector);
        var sums = Vector<float>.Zero;
        foreach (var lane in lanes)
        {
            sums += lane * lane;
        }

        var sum = Vector.Sum(sums);
        foreach (var value in vector[(lanes.Length * Vector<float>.Count)..])
        {
            sum += value * value;
        }

        return sum;
    }

    private static float[] FromBase64(ref Utf8JsonReader json, int dimensions)
    {
        var vector = GC.AllocateUninitializedArray<float>(dimensions);
        var bytes = MemoryMarshal.AsBytes(vector.AsSpan());
        if (json.ValueIsEscaped)
        {
            var unescaped = json.GetBytesFromBase64();
            CheckLength(unescaped.Length, dimensions);
            unescaped.CopyTo(bytes);
        }
        else
        {
            var status = Base64.DecodeFromUtf8(json.ValueSpan, bytes, out _, out var written);
            if (status == OperationStatus.DestinationTooSmall)
            {
                CheckLength(Base64.GetMaxDecodedFromUtf8Length(json.ValueSpan.Length), dimensions);
            }

            if (status != OperationStatus.Done)
            {
                throw new EmbeddingAnswerException("the answer has a vector that is not base64");
            }

            CheckLength(written, dimensions);
        }

        return vector;
    }

    private static void CheckLength(int bytes, int dimensions)
    {
        if (bytes != dimensions * sizeof(float))
        {
            throw new EmbeddingAnswerException($"the answer has a vector of about {bytes / sizeof(float)} numbers ({bytes} bytes), asked for {dimensions}")
            {
                Kind = AnswerTrouble.WrongLength,
            };
        }
    }

    private static float[] FromNumbers(ref Utf8JsonReader json, int dimensions)
    {
        if (json.TokenType != JsonTokenType.StartArray)
        {
            throw new EmbeddingAnswerException("the answer has an \"embedding\" that is neither base64 nor an array of numbers");
        }

        var vector = new float[dimensions];
        var length = 0;
        while (json.Read() && json.TokenType == JsonTokenType.Number)
        {
            var value = json.GetSingle();
            if (length < dimensions)
            {
                vector[length] = value;
            }

            length++;
        }

        if (json.TokenType != JsonTokenType.EndArray)
        {
            throw new EmbeddingAnswerException("the answer has a vector with something that is no number");
        }

        CheckLength(length * sizeof(float), dimensions);
        return vector;
    }

    private static long ReadUsage(ref Utf8JsonReader json)
    {
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            json.Skip();
            return 0;
        }

        long tokens = 0;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var isTotal = json.ValueTextEquals("total_tokens"u8);
            json.Read();
            if (isTotal && json.TokenType == JsonTokenType.Number && json.TryGetInt64(out var value))
            {
                tokens = value;
            }

            json.Skip();
        }

        return tokens;
    }

    private static void Expect(ref Utf8JsonReader json, JsonTokenType token, string what)
    {
        if (!json.Read() || json.TokenType != token)
        {
            throw new EmbeddingAnswerException($"the answer is JSON, but not {what}") { Kind = AnswerTrouble.NoVectors };
        }
    }
}

/// <summary>A checked answer.</summary>
/// <param name="Vectors">One for each input, in the order of the inputs.</param>
/// <param name="Tokens">As the provider counted them; 0 when it does not say.</param>
public sealed record EmbeddingAnswer(float[][] Vectors, long Tokens);

/// <summary>The provider answered with success, but not with one sound vector for each text. Nothing of such an answer may be used.</summary>
public sealed class EmbeddingAnswerException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What is wrong with it.</summary>
    public AnswerTrouble Kind { get; init; }

    /// <summary>Tokens the provider counted; 0 when that is not known.</summary>
    public long Tokens { get; init; }
}

/// <summary>What is wrong with an answer of status 200.</summary>
public enum AnswerTrouble
{
    /// <summary>There are vectors, but not one sound one for each text.</summary>
    Unsound,

    /// <summary>The vectors have another length than asked for: nearly always the configuration.</summary>
    WrongLength,

    /// <summary>There is no vector at all: an error, a page, an empty list.</summary>
    NoVectors,
}
