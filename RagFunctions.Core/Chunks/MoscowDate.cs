using System.Globalization;

namespace RagFunctions.Core.Chunks;

/// <summary>The calendar day a seller sees: the marketplace lives by Moscow time.</summary>
internal sealed class MoscowDate(TimeZoneInfo? zone)
{
    /// <summary>Since this instant Moscow is UTC+3 all year (federal law 248-FZ of 21 July 2014).</summary>
    private static readonly DateTimeOffset FixedSince = new(2014, 10, 25, 22, 0, 0, TimeSpan.Zero);

    private static readonly TimeSpan FixedOffset = TimeSpan.FromHours(3);

    /// <summary>With the machine's time zone data, where it has any.</summary>
    public static MoscowDate Default { get; } = new(Find());

    // In the genitive, as in a date.
    private static readonly string[] Months =
        ["января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"];

    /// <summary>The day in words and in digits, because people search for it either way: <c>22 ноября 2026 (22.11.2026)</c>; null stays null.</summary>
    /// <exception cref="TimeZoneNotFoundException">The machine has no time zone data and the day lies before 26 October 2014, when Moscow changed its clocks.</exception>
    public string? Of(DateTimeOffset? instant)
    {
        if (instant is not { } utc)
        {
            return null;
        }

        // Dates in the index are at most 90 days old: without time zone data they are still right, and older ones fail instead of being wrong.
        var offset = zone?.GetUtcOffset(utc)
            ?? (utc >= FixedSince ? FixedOffset : throw new TimeZoneNotFoundException("No time zone data for Europe/Moscow: install tzdata to show dates before 26 October 2014."));
        var day = utc.ToOffset(offset);
        return string.Create(CultureInfo.InvariantCulture, $"{day.Day} {Months[day.Month - 1]} {day:yyyy} ({day:dd.MM.yyyy})");
    }

    private static TimeZoneInfo? Find() =>
        TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Moscow", out var zone)
        || TimeZoneInfo.TryFindSystemTimeZoneById("Russian Standard Time", out zone) ? zone : null;
}
