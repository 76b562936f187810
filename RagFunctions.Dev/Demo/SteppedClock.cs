using Microsoft.Extensions.Time.Testing;

namespace RagFunctions.Dev.Demo;

/// <summary>
/// The demo's one time: the app's, the marketplace's and the shop's. It stands still until it is stepped, and stepping fires whatever fell
/// due. The shop lives first, so that what fires finds it at the new present.
/// </summary>
/// <param name="start">The present at the beginning.</param>
internal sealed class SteppedClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    /// <summary>Lives up to the instant that comes next.</summary>
    public Action<DateTimeOffset> Living { get; set; } = _ => { };

    /// <summary>The last Friday, 02:59 UTC: two days of syncs every two hours from 03:00 on end where the weekly rebuild is due.</summary>
    public static DateTimeOffset StartBefore(DateTimeOffset now)
    {
        var friday = now.UtcDateTime.Date.AddDays(-(((int)now.UtcDateTime.DayOfWeek - (int)DayOfWeek.Friday + 7) % 7)).AddHours(3).AddMinutes(-1);
        return new DateTimeOffset(friday <= now.UtcDateTime ? friday : friday.AddDays(-7), TimeSpan.Zero);
    }

    /// <summary>Goes on for a while.</summary>
    public void Step(TimeSpan time)
    {
        Living(GetUtcNow() + time);
        Advance(time);
    }

    /// <summary>Goes on to an instant; stays where it is beyond it.</summary>
    public void StepTo(DateTimeOffset instant)
    {
        if (instant > GetUtcNow())
        {
            Step(instant - GetUtcNow());
        }
    }

    /// <summary>Goes on to the next Sunday, 03:00 UTC, where the weekly rebuild is due.</summary>
    public void StepToWeeklyRebuild()
    {
        var now = GetUtcNow();
        var sunday = now.UtcDateTime.Date.AddDays((7 - (int)now.DayOfWeek) % 7).AddHours(3);
        StepTo(new DateTimeOffset(sunday > now.UtcDateTime ? sunday : sunday.AddDays(7), TimeSpan.Zero));
    }

    /// <summary>Lets time pass as it really does from now on, second by second.</summary>
    public async Task GoOnAsync(CancellationToken cancellationToken)
    {
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await second.WaitForNextTickAsync(cancellationToken))
        {
            Step(second.Period);
        }
    }
}
