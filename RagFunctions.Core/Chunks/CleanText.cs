using System.Text;

namespace RagFunctions.Core.Chunks;

/// <summary>Makes any stored text fit for one line of a chunk.</summary>
internal static class CleanText
{
    /// <summary>
    /// The value on one line: runs of white space become one space, control characters and lone surrogates go (PostgreSQL would refuse
    /// NUL and half characters), the ends are trimmed. Null when nothing visible is left. The same instance when there is nothing to do.
    /// </summary>
    public static string? Of(string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            return null;
        }

        return IsClean(value) ? value : Rebuild(value);
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
            else if (c > ' ' && (c < '\u007f' || (c > '\u00a0' && !char.IsSurrogate(c) && !IsBlank(c))))
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

    // U+FEFF prints nothing and would make a "text" of an empty value.
    private static bool IsBlank(char c) => char.IsWhiteSpace(c) || char.IsControl(c) || c == '\ufeff';
}
