using RagFunctions.Core.Chunks;
using RagFunctions.Core.Embeddings.Providers;

namespace RagFunctions.Core.Embeddings;

/// <summary>Divides texts into requests. Pure but for the tokenizer.</summary>
public static class RequestPacking
{
    /// <summary>
    /// Requests within the limits of the options and of the provider. Texts that failed before stand in requests of their own, smaller
    /// with every failure: a text that spoils each answer it is in ends up alone, and the others get their vectors.
    /// </summary>
    public static IEnumerable<IReadOnlyList<PendingText>> Pack(IEnumerable<PendingText> texts, EmbeddingsOptions options)
    {
        foreach (var sameAttempts in texts.GroupBy(text => text.Attempts).OrderBy(group => group.Key))
        {
            var inputs = Math.Max(1, options.MaxInputsPerRequest >> Math.Min(30, 2 * sameAttempts.Key));
            var request = new Request(inputs, options.MaxTokensPerRequest);
            foreach (var text in sameAttempts)
            {
                if (!request.TryAdd(text))
                {
                    yield return request.Texts;
                    request = new Request(inputs, options.MaxTokensPerRequest);
                    request.TryAdd(text);
                }
            }

            yield return request.Texts;
        }
    }

    /// <summary>The exact number of tokens, if it is more than the provider takes in one input; else null.</summary>
    public static int? TooLong(PendingText text) =>
        text.Bytes > EmbeddingsOptions.ProviderMaxTokensPerInput
        && ChunkTokens.Count(text.Text) is var tokens && tokens > EmbeddingsOptions.ProviderMaxTokensPerInput
            ? tokens
            : null;

    private sealed class Request(int maxInputs, int maxTokens)
    {
        private readonly List<PendingText> _texts = [];
        private long _estimate;
        private long _bound;

        public IReadOnlyList<PendingText> Texts => _texts;

        public bool TryAdd(PendingText text)
        {
            var estimate = TokenEstimate.OfBytes(text.Bytes);
            if (_texts.Count > 0 && (_texts.Count == maxInputs || _estimate + estimate > maxTokens || !FitsProvider(text)))
            {
                return false;
            }

            _texts.Add(text);
            _estimate += estimate;
            _bound += text.Bytes;
            return true;
        }

        // Bytes bound tokens from above; they are counted only where the bound itself is over the limit.
        private bool FitsProvider(PendingText text)
        {
            if (_bound + text.Bytes <= EmbeddingsOptions.ProviderMaxTokens)
            {
                return true;
            }

            _bound = _texts.Sum(one => (long)ChunkTokens.Count(one.Text));
            return _bound + ChunkTokens.Count(text.Text) <= EmbeddingsOptions.ProviderMaxTokens;
        }
    }
}
