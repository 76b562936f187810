using RagFunctions.Core.Chunks;

namespace RagFunctions.Tests.Chunks;

public sealed class MoscowDateTests
{
    private static readonly MoscowDate WithoutTimeZoneData = new(null);

    [Theory]
    [Trait("Defect", "17")]
    [InlineData("2026-11-21T20:59:59Z", "21 ноября 2026 (21.11.2026)")]
    [InlineData("2026-11-21T21:00:00Z", "22 ноября 2026 (22.11.2026)")]
    [InlineData("2026-11-21T23:59:59Z", "22 ноября 2026 (22.11.2026)")]
    [InlineData("2026-11-22T02:30:00+03:00", "22 ноября 2026 (22.11.2026)")]
    public void The_hours_after_Moscow_midnight_belong_to_the_new_day(string instant, string day)
    {
        var value = DateTimeOffset.Parse(instant, null);
        Assert.Equal((day, day), (MoscowDate.Default.Of(value), WithoutTimeZoneData.Of(value)));
        Assert.Contains(day, ChunkRenderer.Render(SampleRows.Order with { OrderDate = value }).Chunks[0].Text, StringComparison.Ordinal);
        Assert.Contains(day, ChunkRenderer.Render(SampleRows.Review with { CreatedDate = value }).Chunks[0].Text, StringComparison.Ordinal);
        Assert.Contains(day, ChunkRenderer.Render(SampleRows.Sale with { SaleDate = value }).Chunks[0].Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, "января")]
    [InlineData(2, "февраля")]
    [InlineData(3, "марта")]
    [InlineData(4, "апреля")]
    [InlineData(5, "мая")]
    [InlineData(6, "июня")]
    [InlineData(7, "июля")]
    [InlineData(8, "августа")]
    [InlineData(9, "сентября")]
    [InlineData(10, "октября")]
    [InlineData(11, "ноября")]
    [InlineData(12, "декабря")]
    public void A_month_is_named_in_the_genitive(int month, string name) =>
        Assert.Equal($"5 {name} 2026 (05.{month:00}.2026)", MoscowDate.Default.Of(new DateTimeOffset(2026, month, 5, 12, 0, 0, TimeSpan.Zero)));

    [Fact]
    public void Before_the_change_of_2014_Moscow_was_four_hours_ahead()
    {
        var evening = new DateTimeOffset(2014, 7, 1, 20, 30, 0, TimeSpan.Zero);
        Assert.Equal("2 июля 2014 (02.07.2014)", MoscowDate.Default.Of(evening));
    }

    [Fact]
    public void Without_time_zone_data_an_old_date_fails_instead_of_being_wrong()
    {
        var lastHourOfSummerTime = new DateTimeOffset(2014, 10, 25, 21, 59, 59, TimeSpan.Zero);
        Assert.Throws<TimeZoneNotFoundException>(() => WithoutTimeZoneData.Of(lastHourOfSummerTime));
        Assert.Equal(MoscowDate.Default.Of(lastHourOfSummerTime.AddSeconds(1)), WithoutTimeZoneData.Of(lastHourOfSummerTime.AddSeconds(1)));
    }

    [Fact]
    public void The_first_and_the_last_instant_that_is_read_can_be_shown()
    {
        Assert.Equal("2 января 0001 (02.01.0001)", MoscowDate.Default.Of(new DateTimeOffset(1, 1, 2, 0, 0, 0, TimeSpan.Zero)));
        Assert.Equal("31 декабря 9999 (31.12.9999)", MoscowDate.Default.Of(new DateTimeOffset(9999, 12, 30, 23, 59, 59, TimeSpan.Zero)));
    }
}
