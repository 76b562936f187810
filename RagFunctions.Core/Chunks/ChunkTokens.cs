using Microsoft.ML.Tokenizers;

namespace RagFunctions.Core.Chunks;

/// <summary>Tokens of cl100k_base, the encoding of the text-embedding-3 models.</summary>
internal static class ChunkTokens
{
    /// <summary>The tokenizer takes quadratic time for an unbroken run of characters; no real word is longer.</summary>
    private const int LongestWord = 128;

    // Loading takes 80 ms and 20 MB: only a text that may be too long pays for it.
    private static readonly Lazy<TiktokenTokenizer> Tokenizer = new(() => TiktokenTokenizer.CreateForEncoding("cl100k_base"));

    /// <summary>The exact number, of a text without an endless word.</summary>
    public static int Count(string text) => Tokenizer.Value.CountTokens(text);

    /// <summary>The exact number, or the upper bound when some run without a space is longer than any word.</summary>
    public static int Measure(string text) => HasEndlessWord(text) ? UpperBound(text) : Count(text);

    /// <summary>
    /// Never less than the exact number, at the price of one pass. A token is at least one byte, so bytes bound tokens. Beyond that,
    /// every lower-case Russian letter is a token of the vocabulary, and the one token that begins inside such a letter covers two
    /// whole letters more: one for each is enough.
    /// </summary>
    public static int UpperBound(ReadOnlySpan<char> text)
    {
        var bound = 0;
        foreach (var c in text)
        {
            bound += WeightOf(c);
        }

        return bound;
    }

    /// <summary>What one UTF-16 unit adds to <see cref="UpperBound"/>; half of a pair adds half of its four bytes.</summary>
    public static int WeightOf(char c) => c switch
    {
        < '\u0080' or (>= 'а' and <= 'я') or 'ё' => 1,
        < '\u0800' => 2,
        _ => char.IsSurrogate(c) ? 2 : 3,
    };

    private static bool HasEndlessWord(ReadOnlySpan<char> text)
    {
        while (text.Length > LongestWord)
        {
            var space = text.IndexOf(' ');
            if (space is < 0 or > LongestWord)
            {
                return true;
            }

            text = text[(space + 1)..];
        }

        return false;
    }
}
