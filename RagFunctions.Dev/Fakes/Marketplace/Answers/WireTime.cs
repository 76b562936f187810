using System.Globalization;

namespace RagFunctions.Dev.Fakes.Marketplace.Answers;

/// <summary>Instants as they travel. Moscow has been UTC+3 without summer time since 2014.</summary>
internal static class WireTime
{
    private static readonly TimeSpan MoscowOffset = TimeSpan.FromHours(3);

    private static readonly string[] MoscowShapes =
        ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", "yyyy-MM-dd HH:mm:ss"];

    private static readonly string[] ZonedShapes = ["yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"];

    /// <summary>Moscow time without zone; a fraction only where there is one.</summary>
    public static string Moscow(DateTimeOffset at) =>
        at.ToOffset(MoscowOffset).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF", CultureInfo.InvariantCulture);

    /// <summary>Moscow time with its offset, whole seconds.</summary>
    public static string MoscowWithOffset(DateTimeOffset at) =>
        at.ToOffset(MoscowOffset).ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

    /// <summary>UTC with a fraction, if there is one.</summary>
    public static string Utc(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFF'Z'", CultureInfo.InvariantCulture);

    /// <summary>The day in Moscow.</summary>
    public static DateOnly MoscowDay(DateTimeOffset at) => DateOnly.FromDateTime(at.ToOffset(MoscowOffset).DateTime);

    /// <summary>A parameter: RFC 3339, Moscow time where no zone is named. Null when it is none.</summary>
    public static DateTimeOffset? Parse(string text)
    {
        var zoned = text.EndsWith('Z') ? text[..^1] + "+00:00" : text;
        if (DateTimeOffset.TryParseExact(zoned, ZonedShapes, CultureInfo.InvariantCulture, DateTimeStyles.None, out var instant))
        {
            return instant;
        }

        return DateTime.TryParseExact(text, MoscowShapes, CultureInfo.InvariantCulture, DateTimeStyles.None, out var moscow)
            && moscow > DateTime.MinValue.AddDays(1)
            ? new DateTimeOffset(moscow, MoscowOffset)
            : null;
    }
}
