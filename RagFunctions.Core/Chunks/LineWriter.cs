using System.Globalization;
using System.Text;

namespace RagFunctions.Core.Chunks;

/// <summary>
/// Builds one line of labelled facts. A fact without a value is left out with its label and its separator. <see cref="ToString"/> ends
/// the line; the writer cannot be used after that.
/// </summary>
internal sealed class LineWriter
{
    // A run writes tens of thousands of lines one after another. Each thread keeps one builder for the next line, unless it has grown.
    private const int Ordinary = 1024;

    // Not the machine's culture: a text must be the same wherever it is made.
    private static readonly NumberFormatInfo Russian = new() { NumberDecimalSeparator = "," };

    [ThreadStatic]
    private static StringBuilder? _spare;

    private readonly StringBuilder _line;
    private string _separator = "";

    public LineWriter()
    {
        _line = _spare ?? new StringBuilder(Ordinary);
        _spare = null;
    }

    /// <summary>Words that stand there in any case.</summary>
    public LineWriter Words(string words)
    {
        Begin().Append(words);
        return this;
    }

    /// <summary>What divides the next fact from the line so far; facts behind it are divided by commas again.</summary>
    public LineWriter Then(string separator)
    {
        _separator = _line.Length == 0 ? "" : separator;
        return this;
    }

    /// <summary>A label and the cleaned value.</summary>
    public LineWriter Fact(string label, string? value)
    {
        if (CleanText.Of(value) is { } text)
        {
            Begin().Append(label).Append(text);
        }

        return this;
    }

    /// <summary>A label and the cleaned value in «quotes»: words that others wrote are marked as such.</summary>
    public LineWriter Quote(string label, string? value)
    {
        if (CleanText.Of(value) is { } text)
        {
            Begin().Append(label).Append('«').Append(text).Append('»');
        }

        return this;
    }

    /// <summary>A whole number between its label and its unit.</summary>
    public LineWriter Number(string label, long? value, string unit = "")
    {
        if (value is { } number)
        {
            Begin().Append(CultureInfo.InvariantCulture, $"{label}{number}{unit}");
        }

        return this;
    }

    /// <summary>
    /// An amount as it is written in Russia, kopecks only where there are some. Zero is left out: the marketplace sends it for an amount that it
    /// does not know yet.
    /// </summary>
    /// <param name="currency">ISO 4217; null = roubles.</param>
    public LineWriter Money(string label, decimal? value, string? currency)
    {
        if (value is { } amount && decimal.Round(amount, 2) is not 0 and var rounded)
        {
            Begin().Append(label).Append(rounded.ToString(rounded == decimal.Truncate(rounded) ? "0" : "0.00", Russian)).Append(' ').Append(Sign(currency));
        }

        return this;
    }

    /// <summary>A number above zero with at most two decimals, as it is written in Russia, between its label and its unit.</summary>
    public LineWriter Share(string label, decimal? value, string unit)
    {
        if (value is { } share && decimal.Round(share, 2) > 0)
        {
            Begin().Append(label).Append(share.ToString("0.##", Russian)).Append(unit);
        }

        return this;
    }

    /// <summary>Returns the line. The writer must not be used after that.</summary>
    public override string ToString()
    {
        var line = _line.ToString();
        if (_line.Capacity <= Ordinary)
        {
            _spare = _line.Clear();
        }

        return line;
    }

    private static string Sign(string? currency) => currency switch
    {
        null or "" or "RUB" => "₽",
        "KZT" => "₸",
        "BYN" => "Br",
        "AMD" => "֏",
        "KGS" => "сом",
        "UZS" => "сум",
        _ => CleanText.Of(currency) ?? "₽",
    };

    private StringBuilder Begin()
    {
        _line.Append(_separator);
        _separator = ", ";
        return _line;
    }
}

/// <summary>What an entity's class says about a row.</summary>
/// <param name="Text">Everything, on one line.</param>
/// <param name="Subject">The row in a few words: it begins every part but the first of a text that is split, so that each part is understood alone.</param>
internal readonly record struct RowText(string Text, Func<string> Subject)
{
    /// <summary>Names are cut to so many characters in a subject: it must leave most of a part to the text.</summary>
    public const int ClippedName = 80;

    /// <summary>The words that tell which article a row is about, short.</summary>
    public static LineWriter Article(LineWriter line, string? name, long? nmId) =>
        line.Quote("товар ", CleanText.Clip(CleanText.Of(name), ClippedName)).Number("артикул ", nmId);
}
