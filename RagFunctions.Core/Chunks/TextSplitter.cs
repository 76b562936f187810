using System.Globalization;

namespace RagFunctions.Core.Chunks;

/// <summary>Cuts a text that is too long for one embedding into parts, at sentence borders where there are any.</summary>
internal static class TextSplitter
{
    /// <summary>
    /// Largest part in tokens, about 900 Russian characters: three parts fill the 3,000 characters that the chat takes as context, and
    /// one vector stands for one thought. Far under the 8,191 tokens that the models take.
    /// </summary>
    public const int MaxTokens = 512;

    /// <summary>Largest part in UTF-16 units without its subject. Bounds the work on one part: a text of any length takes linear time.</summary>
    public const int MaxLength = 1200;

    /// <summary>Aimed at when a part has to shrink: a little under the limit, so that one step is nearly always enough.</summary>
    private const int AimedTokens = 500;

    /// <summary>Largest subject in units of <see cref="ChunkTokens.UpperBound"/>: at least half of every part is text.</summary>
    public const int MaxSubject = 240;

    /// <summary>True when the text is one chunk as it stands. Tokens are counted only when their upper bound leaves a doubt.</summary>
    public static bool Fits(string text) =>
        ChunkTokens.UpperBound(text) <= MaxTokens || (text.Length <= MaxLength && ChunkTokens.Measure(text) <= MaxTokens);

    /// <summary>The parts in order. Without their subjects, and but for the spaces at the cuts, they are the text.</summary>
    /// <param name="text">A clean text (<see cref="CleanText"/>).</param>
    /// <param name="subject">What the text is about: begins every part but the first, which begins as the text does.</param>
    public static List<string> Split(string text, string subject)
    {
        List<string> parts = [];
        var shortSubject = ClipToWeight(subject, MaxSubject);
        for (var start = 0; start < text.Length;)
        {
            var prefix = parts.Count == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"{shortSubject} (часть {parts.Count + 1}): ");
            var length = AddPart(parts, prefix, text.AsSpan(start));
            start += length;
            while (start < text.Length && text[start] == ' ')
            {
                start++;
            }
        }

        return parts;
    }

    private static int AddPart(List<string> parts, string prefix, ReadOnlySpan<char> rest)
    {
        var reach = MaxLength;
        while (true)
        {
            var cut = reach >= rest.Length ? rest.Length : Border(rest[..reach], rest[reach]);
            var part = string.Concat(prefix, rest[..cut].TrimEnd(' '));
            var tokens = ChunkTokens.Measure(part);
            if (tokens <= MaxTokens || cut <= 2)
            {
                parts.Add(part);
                return cut;
            }

            reach = Math.Max(2, Math.Min(cut - 1, (int)((long)cut * AimedTokens / tokens)));
        }
    }

    // Behind the last sentence of the window's second half, else behind its last word, else between two characters.
    private static int Border(ReadOnlySpan<char> window, char next)
    {
        var word = next == ' ' ? window.Length : 0;
        for (var i = window.Length - 1; i > window.Length / 2; i--)
        {
            if ((i + 1 < window.Length ? window[i + 1] : next) != ' ')
            {
                continue;
            }

            if (EndsSentence(window, i))
            {
                return i + 1;
            }

            word = Math.Max(word, i + 1);
        }

        if (word > 0)
        {
            return word;
        }

        return char.IsHighSurrogate(window[^1]) ? window.Length - 1 : window.Length;
    }

    private static bool EndsSentence(ReadOnlySpan<char> window, int last)
    {
        while (last > 0 && window[last] is '»' or '"' or ')' or '”')
        {
            last--;
        }

        return window[last] is '.' or '!' or '?' or '…' or ';';
    }

    private static string ClipToWeight(string text, int weight)
    {
        for (var i = 0; i < text.Length; i++)
        {
            weight -= ChunkTokens.WeightOf(text[i]);
            if (weight < 0)
            {
                return text[..(char.IsLowSurrogate(text[i]) ? i - 1 : i)];
            }
        }

        return text;
    }
}
