using System.Globalization;
using RagFunctions.Dev.Demo;

namespace RagFunctions.Tests.Dev.Demo;

public sealed class SteppedClockTests
{
    [Theory]
    [InlineData("2026-11-20T02:58:00", "2026-11-13T02:59:00")]
    [InlineData("2026-11-20T02:59:00", "2026-11-20T02:59:00")]
    [InlineData("2026-11-22T22:00:00", "2026-11-20T02:59:00")]
    [InlineData("2026-11-26T23:59:59", "2026-11-20T02:59:00")]
    [InlineData("2027-01-01T12:00:00", "2027-01-01T02:59:00")]
    public void The_demo_begins_a_minute_before_three_on_the_last_Friday(string now, string expected) =>
        Assert.Equal(Utc(expected), SteppedClock.StartBefore(Utc(now)));

    [Fact]
    public async Task What_falls_due_finds_the_shop_at_the_new_present()
    {
        var clock = new SteppedClock(Utc("2026-11-20T02:59:00"));
        var shop = DateTimeOffset.MinValue;
        clock.Living = instant => shop = instant;
        var found = Task.Delay(TimeSpan.FromMinutes(1), clock, TestContext.Current.CancellationToken)
            .ContinueWith(_ => shop, TestContext.Current.CancellationToken, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);

        clock.Step(TimeSpan.FromMinutes(1));

        Assert.Equal(Utc("2026-11-20T03:00:00"), await found);
    }

    [Fact]
    public void Time_never_goes_back()
    {
        var clock = new SteppedClock(Utc("2026-11-20T02:59:00"));

        clock.StepTo(Utc("2026-11-20T02:00:00"));

        Assert.Equal(Utc("2026-11-20T02:59:00"), clock.GetUtcNow());
    }

    [Theory]
    [InlineData("2026-11-22T01:00:30", "2026-11-22T03:00:00")]
    [InlineData("2026-11-22T03:00:00", "2026-11-29T03:00:00")]
    [InlineData("2026-11-20T03:00:00", "2026-11-22T03:00:00")]
    public void The_weekly_rebuild_is_on_Sunday_at_three(string now, string expected)
    {
        var clock = new SteppedClock(Utc(now));

        clock.StepToWeeklyRebuild();

        Assert.Equal(Utc(expected), clock.GetUtcNow());
    }

    private static DateTimeOffset Utc(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
}
