using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using RagFunctions.Dev.LocalHost;
using RagFunctions.Dev.LocalHost.Worker;

namespace RagFunctions.Tests.Dev.LocalHost;

public sealed class TimerServiceTests : IAsyncDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Noon);
    private readonly ConcurrentQueue<TimerCall> _calls = new();
    private readonly List<TimerService> _services = [];

    [Fact]
    public async Task A_timer_fires_on_its_schedule_and_not_at_the_start()
    {
        Start("0 */15 * * * *");
        await FiresAsync(TimeSpan.FromMinutes(15), calls: 1);
        await FiresAsync(TimeSpan.FromMinutes(15), calls: 2);
        Assert.Equal([(false, Noon.AddMinutes(30)), (false, Noon.AddMinutes(45))], _calls.Select(call => (call.IsPastDue, call.Next)));
    }

    [Fact]
    [Trait("Guarantee", "timers")]
    public async Task A_time_that_was_missed_is_made_up_for_by_one_run()
    {
        Start("0 */15 * * * *");
        await FiresAsync(TimeSpan.FromMinutes(125), calls: 1);
        Assert.Equal((true, Noon.AddMinutes(135)), (_calls.Last().IsPastDue, _calls.Last().Next));
        await FiresAsync(TimeSpan.FromMinutes(10), calls: 2);
        Assert.False(_calls.Last().IsPastDue);
    }

    [Fact]
    [Trait("Guarantee", "timers")]
    public async Task A_timer_that_throws_fires_at_the_next_tick()
    {
        Start("0 * * * * *", _ => throw new IOException("the database is away"));
        await FiresAsync(TimeSpan.FromMinutes(1), calls: 1);
        await FiresAsync(TimeSpan.FromMinutes(1), calls: 2);
    }

    [Fact]
    public async Task A_timer_whose_function_fails_fires_at_the_next_tick()
    {
        Start("0 * * * * *", _ => Task.FromResult(StatusResult.Types.Status.Failure));
        await FiresAsync(TimeSpan.FromMinutes(1), calls: 1);
        await FiresAsync(TimeSpan.FromMinutes(1), calls: 2);
    }

    [Fact]
    [Trait("Guarantee", "timers")]
    public async Task A_clock_that_is_set_back_silences_no_timer()
    {
        Start("0 * * * * *");
        await FiresAsync(TimeSpan.FromMinutes(1), calls: 1);
        _time.AdjustTime(Noon.AddHours(-3));
        await Condition.BecomesTrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return _calls.Count == 2;
            },
            "the timer fires by the clock as it is now");
        Assert.True(_time.GetUtcNow() < Noon.AddHours(-2));
    }

    [Fact]
    [Trait("Guarantee", "timers")]
    public async Task A_timer_never_runs_twice_at_once()
    {
        var gate = new TaskCompletionSource<StatusResult.Types.Status>(TaskCreationOptions.RunContinuationsAsynchronously);
        var service = Start("0 * * * * *", _ => gate.Task);
        await FiresAsync(TimeSpan.FromMinutes(1), calls: 1);
        Assert.True(service.TryRunNow("Tick"));
        Assert.Single(_calls);
        gate.SetResult(StatusResult.Types.Status.Success);
        await Condition.BecomesTrueAsync(() => _calls.Count == 2, "both have run");
    }

    [Fact]
    public void Only_timers_are_run_by_name()
    {
        var service = Start("0 * * * * *");
        Assert.False(service.TryRunNow("NoSuchFunction"));
    }

    [Theory]
    [InlineData("every day")]
    [InlineData("*/5 * * * *")]
    public void A_schedule_that_cannot_be_read_stops_the_start(string schedule)
    {
        var refusal = Assert.Throws<InvalidOperationException>(() => Start(schedule));
        Assert.Contains($"Timer 'Tick', Tick:Schedule: '{schedule}' is no schedule of six fields", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Defect", "35")]
    public void A_missing_setting_with_a_schedule_is_named()
    {
        var refusal = Assert.Throws<InvalidOperationException>(() => Start(schedule: null));
        Assert.Contains("'Tick:Schedule'", refusal.Message, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var service in _services)
        {
            await service.DisposeAsync();
        }
    }

    private TimerService Start(string? schedule, Func<JsonNode, Task<StatusResult.Types.Status>>? function = null)
    {
        var timer = LocalFunction.Of(new RpcFunctionMetadata
        {
            Name = "Tick",
            RawBindings = { """{"name":"timer","type":"timerTrigger","direction":"In","schedule":"%Tick:Schedule%"}""" },
        });
        var settings = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["Tick:Schedule"] = schedule }).Build();
        var service = new TimerService([timer], InvokeAsync, settings, _time, NullLogger<TimerService>.Instance);
        _services.Add(service);
        return service;

        async Task<InvocationResponse> InvokeAsync(LocalFunction called, TypedData input, CancellationToken cancellationToken)
        {
            var info = JsonNode.Parse(input.Json)!;
            _calls.Enqueue(new TimerCall((bool)info["IsPastDue"]!, info["ScheduleStatus"]?["Next"].Deserialize<DateTimeOffset>()));
            return new InvocationResponse { Result = new StatusResult { Status = function is null ? StatusResult.Types.Status.Success : await function(info) } };
        }
    }

    private async Task FiresAsync(TimeSpan time, int calls)
    {
        _time.Advance(time);
        await Condition.BecomesTrueAsync(() => _calls.Count == calls, $"{calls} calls");
    }

    private sealed record TimerCall(bool IsPastDue, DateTimeOffset? Next);
}
