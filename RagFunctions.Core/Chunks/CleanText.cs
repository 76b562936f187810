using System.Net;
using System.Text;
using System.Text.RegularExpressions;

namespace RagFunctions.Core.Chunks;

/// <summary>Makes any stored text fit for one line of a chunk.</summary>
internal static partial class CleanText
{
    /// <summary>
    /// The value on one line: HTML is read as its text, runs of white space become one space, control characters, invisible characters and lone
    /// surrogates go (PostgreSQL would refuse NUL and half characters), the ends are trimmed. Null when nothing visible is left. The same
    /// instance when there is nothing to do.
    /// </summary>
    public static string? Of(string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return null;
        }

        return IsClean(value) ? value : Rebuild(WithoutHtml(value));
    }

    /// <summary>The beginning of a clean text, at most <paramref name="length"/> UTF-16 units, with an ellipsis when something was cut.</summary>
    public static string? Clip(string? value, int length)
    {
        if (value is null || value.Length <= length)
        {
            return value;
        }

        var end = char.IsHighSurrogate(value[length - 2]) ? length - 2 : length - 1;
        return string.Concat(value.AsSpan(0, end).TrimEnd(), "…");
    }

    private static bool IsClean(string value)
    {
        var afterSpace = true;
        foreach (var c in value)
        {
            if (c == ' ')
            {
                if (afterSpace)
                {
                    return false;
                }

                afterSpace = true;
            }
            else if (c > ' ' && c is not ('<' or '&') && (c < '\u007f' || (c > '\u00a0' && !char.IsSurrogate(c) && !IsBlank(c))))
            {
                afterSpace = false;
            }
            else
            {
                return false;
            }
        }

        return !afterSpace;
    }

    // Twice, because a copied "&amp;quot;" is common. Only tags that sellers' editors make: "размер <M" is no tag.
    private static string WithoutHtml(string value)
    {
        if (value.Contains('&', StringComparison.Ordinal))
        {
            value = WebUtility.HtmlDecode(WebUtility.HtmlDecode(value));
        }

        return value.Contains('<', StringComparison.Ordinal) ? Tag().Replace(value, " ") : value;
    }

    [GeneratedRegex(
        @"</?(?:a|b|br|code|div|em|font|h[1-6]|hr|i|img|li|ol|p|pre|small|span|strong|sub|sup|table|tbody|td|th|tr|u|ul)(?:\s[^<>]{0,500})?\s*/?>",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Tag();

    private static string? Rebuild(string value)
    {
        var clean = new StringBuilder(value.Length);
        var space = false;
        for (var i = 0; i < value.Length; i++)
        {
            var c = value[i];
            if (char.IsWhiteSpace(c))
            {
                space = clean.Length > 0;
                continue;
            }

            var isPair = char.IsHighSurrogate(c) && i + 1 < value.Length && char.IsLowSurrogate(value[i + 1]);
            if (!isPair && (char.IsSurrogate(c) || IsBlank(c)))
            {
                continue;
            }

            if (space)
            {
                clean.Append(' ');
                space = false;
            }

            clean.Append(c);
            if (isPair)
            {
                clean.Append(value[++i]);
            }
        }

        return clean.Length == 0 ? null : clean.ToString();
    }

    // Soft hyphens, joiners, marks of direction and the byte order mark print nothing: they would split words that readers see whole, and make a
    // "text" of an empty value.
    private static bool IsBlank(char c) =>
        char.IsWhiteSpace(c) || char.IsControl(c) || c is '\u00ad' or (>= '\u200b' and <= '\u200f') or (>= '\u202a' and <= '\u202e')
            or (>= '\u2060' and <= '\u2064') or '\ufeff';
}
