using Microsoft.Extensions.Time.Testing;

namespace RagFunctions.Cli.Demo;

/// <summary>The demo's business time: it stands still until it is stepped, and stepping fires whatever fell due.</summary>
internal sealed class SteppedClock(DateTimeOffset start) : FakeTimeProvider(start)
{
    /// <summary>Goes on to the next full minute, where the sweep is due.</summary>
    public void StepToNextMinute()
    {
        var now = GetUtcNow();
        Advance(TimeSpan.FromMinutes(1) - TimeSpan.FromTicks(now.Ticks % TimeSpan.TicksPerMinute));
    }

    /// <summary>Lets time pass as it really does from now on, second by second.</summary>
    public async Task GoOnAsync(CancellationToken cancellationToken)
    {
        using var second = new PeriodicTimer(TimeSpan.FromSeconds(1));
        while (await second.WaitForNextTickAsync(cancellationToken))
        {
            Advance(second.Period);
        }
    }

    /// <summary>Goes on to the next Sunday, 03:00 UTC, where the weekly rebuild is due.</summary>
    public void StepToWeeklyRebuild()
    {
        var now = GetUtcNow();
        var sunday = now.UtcDateTime.Date.AddDays((7 - (int)now.DayOfWeek) % 7).AddHours(3);
        Advance((sunday > now.UtcDateTime ? sunday : sunday.AddDays(7)) - now.UtcDateTime);
    }
}
