using System.Globalization;
using System.Text.RegularExpressions;

namespace RagFunctions.Tests.Telemetry;

/// <summary>The words and signs of a query, taken one after another.</summary>
internal sealed partial class KustoTokens(string text)
{
    private readonly List<string> _tokens = [.. Token().Matches(text).Select(match => match.Value)];
    private int _next;

    public string Peek(int ahead) => _next + ahead < _tokens.Count ? _tokens[_next + ahead] : "";

    public bool Take(string token)
    {
        if (Peek(0) != token)
        {
            return false;
        }

        _next++;
        return true;
    }

    public void Expect(string token) => Assert.True(Take(token), $"{token} expected at {Peek(0)} in {text}");

    public void End() => Assert.True(_next == _tokens.Count, $"nothing expected at {Peek(0)} in {text}");

    public string Name()
    {
        Assert.Matches("^[A-Za-z_]", Peek(0));
        return _tokens[_next++];
    }

    public string? Operator() => Peek(0) is "==" or "!=" or ">" or ">=" or "!between" ? _tokens[_next++] : null;

    /// <summary>A text, a number or a span of time; null where something else stands.</summary>
    public object? Literal()
    {
        var token = Peek(0);
        if (token.StartsWith('"'))
        {
            _next++;
            return token[1..^1];
        }

        if (token.Length == 0 || !char.IsAsciiDigit(token[0]))
        {
            return null;
        }

        _next++;
        return token[^1] switch
        {
            'm' => TimeSpan.FromMinutes(Number(token[..^1])),
            'h' => TimeSpan.FromHours(Number(token[..^1])),
            _ => Number(token),
        };
    }

    private static double Number(string digits) => double.Parse(digits, CultureInfo.InvariantCulture);

    [GeneratedRegex("""
        "[^"]*"|\d+[mh]?|!between\b|[A-Za-z_]\w*|\.\.|[=!>]=|\S
        """)]
    private static partial Regex Token();
}
