using System.Globalization;
using System.Text.RegularExpressions;

namespace RagFunctions.Core.Marketplace.Client;

/// <summary>
/// The one reader of the marketplace's dates. Shapes: date, date and time, fractions of a second of any length, <c>Z</c>, offset. A time
/// without zone is Moscow's, which has been UTC+3 without summer time since 2014; year 1 stands for "none".
/// </summary>
public static partial class MarketplaceTime
{
    /// <summary>Moscow's offset from UTC.</summary>
    public static readonly TimeSpan MoscowOffset = TimeSpan.FromHours(3);

    // Where no fraction follows, its point may be missing too.
    private static readonly string[] Zoned = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz", "yyyy-MM-dd'T'HH:mmzzz"];
    private static readonly string[] Zoneless = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd"];

    /// <summary>Reads a date; null, an empty text and year 1 are none. The result is in UTC, exact to a microsecond.</summary>
    /// <exception cref="FormatException">It is no date of a known shape.</exception>
    public static DateTimeOffset? Parse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text) || text.StartsWith("0001-01-01", StringComparison.Ordinal))
        {
            return null;
        }

        // .NET reads seven digits of a fraction; more carry nothing that the database could hold.
        var shape = LongFraction().Replace(text.Trim().Replace(' ', 'T'), "$1");
        if (shape.EndsWith('Z') || shape.EndsWith('z'))
        {
            shape = shape[..^1] + "+00:00";
        }

        // Only the shapes that can fit are tried: a page of orders has 240,000 dates.
        if (HasOffset(shape))
        {
            if (DateTimeOffset.TryParseExact(shape, Zoned, CultureInfo.InvariantCulture, DateTimeStyles.None, out var zoned))
            {
                return WholeMicroseconds(zoned);
            }
        }
        else if (DateTime.TryParseExact(shape, Zoneless, CultureInfo.InvariantCulture, DateTimeStyles.None, out var moscow))
        {
            return WholeMicroseconds(new DateTimeOffset(moscow, MoscowOffset));
        }

        throw new FormatException($"'{text}' is no date");
    }

    /// <summary>A parameter as the statistics methods take it: Moscow time without zone, with its fraction if it has one.</summary>
    public static string ToMoscow(DateTimeOffset instant) =>
        instant.ToOffset(MoscowOffset).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture);

    /// <summary>A cursor as the card methods give it: UTC with fractions.</summary>
    public static string ToUtc(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static bool HasOffset(string shape) => shape.AsSpan(Math.Min(10, shape.Length)).ContainsAny('+', '-');

    private static DateTimeOffset WholeMicroseconds(DateTimeOffset value)
    {
        var utc = value.UtcDateTime;
        return new DateTimeOffset(utc.Ticks - (utc.Ticks % TimeSpan.TicksPerMicrosecond), TimeSpan.Zero);
    }

    [GeneratedRegex(@"(\.[0-9]{7})[0-9]+")]
    private static partial Regex LongFraction();
}
