using FsCheck.Xunit;
using RagFunctions.Core.Marketplace.Client;

namespace RagFunctions.Tests.Marketplace.Client;

[Trait("Defect", "107")]
public sealed class MarketplaceTimeTests
{
    [Theory]
    [Trait("Guarantee", "contract")]
    [InlineData("2026-11-03T09:14:27", "2026-11-03T06:14:27.0000000Z")]
    [InlineData("2026-11-03T09:14:27.5", "2026-11-03T06:14:27.5000000Z")]
    [InlineData("2026-11-03T09:14:27.123456789", "2026-11-03T06:14:27.1234560Z")]
    [InlineData("2026-11-03 09:14:27", "2026-11-03T06:14:27.0000000Z")]
    [InlineData("2026-11-03T09:14", "2026-11-03T06:14:00.0000000Z")]
    [InlineData("2026-11-03", "2026-11-02T21:00:00.0000000Z")]
    [InlineData("2026-11-03T00:30:00", "2026-11-02T21:30:00.0000000Z")]
    public void A_time_without_zone_is_Moscow_time(string text, string utc) => Assert.Equal(utc, Show(text));

    [Theory]
    [Trait("Guarantee", "contract")]
    [InlineData("2026-11-03T09:14:27Z", "2026-11-03T09:14:27.0000000Z")]
    [InlineData("2026-03-02T10:11:12.123456Z", "2026-03-02T10:11:12.1234560Z")]
    [InlineData("2026-03-02T10:11:12.123456789Z", "2026-03-02T10:11:12.1234560Z")]
    [InlineData("2026-11-10T21:45:03+03:00", "2026-11-10T18:45:03.0000000Z")]
    [InlineData("2026-11-10T21:45+03:00", "2026-11-10T18:45:00.0000000Z")]
    [InlineData("2026-11-10T21:45:03.25-05:30", "2026-11-11T03:15:03.2500000Z")]
    public void A_zone_in_the_text_decides(string text, string utc) => Assert.Equal(utc, Show(text));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("0001-01-01T00:00:00")]
    [InlineData("0001-01-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00+03:00")]
    public void Nothing_and_year_1_are_no_date(string? text) => Assert.Null(MarketplaceTime.Parse(text));

    [Theory]
    [InlineData("yesterday")]
    [InlineData("2026-13-01T00:00:00")]
    [InlineData("2026-11-03T09:14:27Zulu")]
    [InlineData("2026-13-01T00:00:00+03:00")]
    [InlineData("03.11.2026")]
    public void What_is_no_date_is_an_error_that_names_it(string text) =>
        Assert.Contains(text, Assert.Throws<FormatException>(() => MarketplaceTime.Parse(text)).Message, StringComparison.Ordinal);

    [Property]
    public void A_cursor_given_to_the_marketplace_comes_back_as_it_was(long seed)
    {
        // From 1901 to 2199, in microseconds.
        var span = 298L * 365 * 24 * 3_600 * 1_000_000;
        var instant = new DateTimeOffset(1901, 1, 1, 0, 0, 0, TimeSpan.Zero).AddTicks(((seed % span) + span) % span * TimeSpan.TicksPerMicrosecond);

        Assert.Equal(instant, MarketplaceTime.Parse(MarketplaceTime.ToMoscow(instant)));
        Assert.Equal(instant, MarketplaceTime.Parse(MarketplaceTime.ToUtc(instant)));
    }

    private static string? Show(string text) => MarketplaceTime.Parse(text)?.UtcDateTime.ToString("O");
}
