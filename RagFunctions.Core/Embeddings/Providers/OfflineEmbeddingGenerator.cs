using System.Numerics;
using System.Text;
using Microsoft.Extensions.AI;

namespace RagFunctions.Core.Embeddings.Providers;

/// <summary>
/// Feature hashing of words and their character trigrams, on this machine and without a model. <b>Not semantic</b>: it finds shared
/// words and word forms ("куртка", "куртки"), never synonyms. For trying the system out, for demonstrations and tests.
/// </summary>
/// <param name="dimensions">Length of a vector.</param>
public sealed class OfflineEmbeddingGenerator(int dimensions) : IEmbeddingGenerator<string, Embedding<float>>
{
    /// <summary>The model that the index records. A change of the hashing needs a new name.</summary>
    public const string ModelName = "offline-feature-hashing-v1";

    // A whole word says more than any of its trigrams; the trigrams together let word forms meet.
    private const float WordWeight = 1f;
    private const float TrigramWeight = 0.5f;
    private const uint WordSeed = 0x9747_B28C;
    private const uint TrigramSeed = 0x5BD1_E995;

    /// <inheritdoc />
    public Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var embeddings = new GeneratedEmbeddings<Embedding<float>>();
        long tokens = 0;
        foreach (var text in values)
        {
            cancellationToken.ThrowIfCancellationRequested();
            embeddings.Add(new Embedding<float>(VectorOf(text)) { ModelId = ModelName });
            // What a provider would have counted, so that costs shown offline are of the right size.
            tokens += TokenEstimate.OfBytes(Encoding.UTF8.GetByteCount(text));
        }

        embeddings.Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens };
        return Task.FromResult(embeddings);
    }

    /// <inheritdoc />
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    /// <inheritdoc />
    public void Dispose()
    {
        // Nothing is held.
    }

    private float[] VectorOf(string text)
    {
        var vector = new float[dimensions];
        Span<char> word = stackalloc char[64];
        var length = 0;
        foreach (var character in text)
        {
            if (char.IsLetterOrDigit(character))
            {
                // Beyond 62 letters it is no word; the rest of it adds nothing.
                if (length < word.Length - 2)
                {
                    word[++length] = Fold(character);
                }
            }
            else if (length > 0)
            {
                AddWord(vector, word[..(length + 2)]);
                length = 0;
            }
        }

        if (length > 0)
        {
            AddWord(vector, word[..(length + 2)]);
        }

        Normalise(vector);
        return vector;
    }

    // "ё" is written "е" as often as not.
    private static char Fold(char character) => char.ToLowerInvariant(character) is var lower && lower == 'ё' ? 'е' : lower;

    private static void AddWord(float[] vector, Span<char> padded)
    {
        padded[0] = '<';
        padded[^1] = '>';
        Add(vector, padded, WordSeed, WordWeight);
        for (var i = 0; i + 3 <= padded.Length; i++)
        {
            Add(vector, padded.Slice(i, 3), TrigramSeed, TrigramWeight);
        }
    }

    // The sign bit makes collisions cancel out instead of adding up.
    private static void Add(float[] vector, ReadOnlySpan<char> feature, uint seed, float weight)
    {
        var hash = Hash(feature, seed);
        vector[(hash >> 1) % (uint)vector.Length] += (hash & 1) == 0 ? weight : -weight;
    }

    // FNV-1a over UTF-16 units with a final mix: string.GetHashCode differs from process to process.
    private static uint Hash(ReadOnlySpan<char> feature, uint seed)
    {
        var hash = 2_166_136_261 ^ seed;
        foreach (var character in feature)
        {
            hash = (hash ^ character) * 16_777_619;
        }

        hash ^= hash >> 15;
        hash *= 0x2C1B_3C6D;
        hash ^= hash >> 12;
        return BitOperations.RotateLeft(hash, 7);
    }

    private static void Normalise(float[] vector)
    {
        var square = 0f;
        foreach (var value in vector)
        {
            square += value * value;
        }

        if (square == 0)
        {
            // A text without a letter or digit still needs a direction: zeros have no cosine distance.
            vector[0] = 1;
            return;
        }

        var scale = 1 / MathF.Sqrt(square);
        for (var i = 0; i < vector.Length; i++)
        {
            vector[i] *= scale;
        }
    }
}
