using System.Net;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.LocalHost;

public sealed class TimerServiceTests(DatabaseFixture fixture) : LocalHostTest(fixture), IClassFixture<DatabaseFixture>
{
    [Fact]
    public async Task A_timer_fires_on_its_schedule_and_not_at_the_start()
    {
        Assert.Empty(Journal.Lines);
        Time.Advance(TimeSpan.FromMinutes(15));
        await TicksEndAsync(1);
        Time.Advance(TimeSpan.FromMinutes(15));
        await TicksEndAsync(2);
        Assert.Equal(
            ["tick, past due False, next 12:30", "tick ends", "tick, past due False, next 12:45", "tick ends"], Journal.Lines);
    }

    [Fact]
    public async Task Times_missed_while_the_host_was_down_are_made_up_for_by_one_run_that_is_past_due()
    {
        Time.Advance(TimeSpan.FromMinutes(15));
        await TicksEndAsync(1);
        await StopHostAsync();
        Time.Advance(TimeSpan.FromHours(2) + TimeSpan.FromMinutes(5));
        await StartHostAsync();
        await TicksEndAsync(2);
        Assert.Contains("tick, past due True, next 14:30", Journal.Lines);
    }

    [Fact]
    public async Task Another_schedule_begins_anew()
    {
        await StopHostAsync();
        Time.Advance(TimeSpan.FromHours(2));
        await StartHostAsync(("Tick:Schedule", "0 0 * * * *"));
        Time.Advance(TimeSpan.FromHours(1));
        await TicksEndAsync(1);
        Assert.Equal(["tick, past due False, next 16:00", "tick ends"], Journal.Lines);
    }

    [Fact]
    public async Task A_timer_never_runs_twice_at_once()
    {
        Journal.Add("ticks wait");
        Time.Advance(TimeSpan.FromMinutes(15));
        await Condition.BecomesTrueAsync(() => Journal.Count("tick, past due False, next 12:30") == 1, "the first tick runs");
        using var answer = await AdminAsync("Tick");
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal(0, Journal.Count("tick ends"));
        Journal.Open("tick");
        await Condition.BecomesTrueAsync(() => Journal.Count("tick ends") == 2, "both have run");
        Assert.Equal("tick ends", Journal.Lines[2]);
    }

    [Fact]
    public async Task A_failed_tick_waits_for_the_next()
    {
        Journal.Add("ticks fail");
        Time.Advance(TimeSpan.FromMinutes(15));
        await TicksEndAsync(1);
        Time.Advance(TimeSpan.FromMinutes(15));
        await TicksEndAsync(2);
        Assert.Equal(1, Journal.Count("tick, past due False, next 12:45"));
    }

    [Fact]
    public async Task A_tick_that_the_end_of_the_host_cut_off_is_made_up_for()
    {
        Journal.Add("ticks wait");
        Time.Advance(TimeSpan.FromMinutes(15));
        await Condition.BecomesTrueAsync(() => Journal.Count("tick, past due False, next 12:30") == 1, "the tick runs");
        await StopHostAsync();
        Journal.Open("tick");
        await StartHostAsync();
        await TicksEndAsync(1);
        Assert.Equal(2, Journal.Count("tick, past due False, next 12:30"));
    }

    [Theory]
    [InlineData("every day", "is no schedule of six fields")]
    [InlineData("*/5 * * * *", "is no schedule of six fields")]
    public async Task A_schedule_that_cannot_be_read_stops_the_start(string schedule, string message)
    {
        await StopHostAsync();
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => StartHostAsync(("Tick:Schedule", schedule)));
        Assert.Contains($"Timer 'Tick', Tick:Schedule: '{schedule}' {message}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_setting_with_a_schedule_is_named()
    {
        await StopHostAsync();
        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(
            () => RunningHost.StartAsync(Database, Journal, [typeof(TimerSamples)]));
        Assert.Contains("'Tick:Schedule'", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("NoSuchFunction", HttpStatusCode.NotFound)]
    [InlineData("Hello", HttpStatusCode.NotImplemented)]
    public async Task The_admin_call_runs_timers_only(string function, HttpStatusCode status)
    {
        using var answer = await AdminAsync(function);
        Assert.Equal(status, answer.StatusCode);
    }

    private async Task<HttpResponseMessage> AdminAsync(string function)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/admin/functions/{function}");
        request.Headers.Add("x-functions-key", Host.Key);
        return await Host.Http.SendAsync(request, Ct);
    }

    /// <summary>That many have ended, and the schedule has been moved on.</summary>
    private Task TicksEndAsync(int ticks) => Condition.BecomesTrueAsync(
        async () => Journal.Count("tick ends") == ticks && await CountAsync("timers", $"next_at > '{Time.GetUtcNow():O}'") == 1,
        $"{ticks} ticks");
}
