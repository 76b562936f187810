using System.Text.Json;
using Cronos;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using RagFunctions.Dev.LocalHost.Worker;

namespace RagFunctions.Dev.LocalHost;

/// <summary>
/// Fires timer functions, in UTC, by the app's clock. A timer never runs twice at once; a time that comes while it still runs is made up
/// for by one run that is told so. What a host that was down has missed is the sweep's.
/// </summary>
internal sealed class TimerService : IAsyncDisposable
{
    // Nobody is later than this by scheduling alone.
    private static readonly TimeSpan PastDueAfter = TimeSpan.FromSeconds(1);

    // A clock that is set back or forward is noticed after so long.
    private static readonly TimeSpan LongestDelay = TimeSpan.FromMinutes(1);

    private readonly Func<LocalFunction, TypedData, CancellationToken, Task<InvocationResponse>> _invoke;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<string, (LocalFunction Function, SemaphoreSlim Alone)> _timers;
    private readonly List<Task> _loops;

    /// <summary>Starts all timers.</summary>
    /// <param name="functions">Timers among others.</param>
    /// <param name="invoke">Runs a function to its end.</param>
    /// <param name="settings">Has the schedules that the functions name.</param>
    /// <param name="time">The app's clock.</param>
    /// <param name="logger">Told of failures.</param>
    /// <exception cref="InvalidOperationException">A schedule cannot be read, or its setting is missing.</exception>
    public TimerService(
        IEnumerable<LocalFunction> functions, Func<LocalFunction, TypedData, CancellationToken, Task<InvocationResponse>> invoke,
        IConfiguration settings, TimeProvider time, ILogger<TimerService> logger)
    {
        (_invoke, _time, _logger) = (invoke, time, logger);
        _timers = functions.Where(function => function.TriggerType == "timerTrigger")
            .ToDictionary(function => function.Name, function => (function, new SemaphoreSlim(1)), StringComparer.OrdinalIgnoreCase);
        var schedules = _timers.Values.Select(timer => timer.Function).ToDictionary(function => function, function => ScheduleOf(function, settings));
        var now = time.GetUtcNow();
        _loops = [.. schedules.Select(pair => Task.Run(() => RunAsync(pair.Key, pair.Value, Next(pair.Value, now))))];
    }

    /// <summary>Runs a timer function now, after a run of it that is under way. Its schedule stays as it is.</summary>
    /// <returns>False when there is no such timer.</returns>
    public bool TryRunNow(string name)
    {
        if (!_timers.TryGetValue(name, out var timer))
        {
            return false;
        }

        _ = Task.Run(() => InvokeAsync(timer.Function, isPastDue: false, _time.GetUtcNow(), next: null));
        return true;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_loops);
        _stopping.Dispose();
    }

    private static CronExpression ScheduleOf(LocalFunction function, IConfiguration settings)
    {
        var schedule = (string)function.Trigger["schedule"]!;
        var setting = schedule is ['%', .., '%'] ? schedule.Trim('%') : null;
        var text = setting is null ? schedule
            : settings[setting] ?? throw new InvalidOperationException($"Timer '{function.Name}': the setting '{setting}' with its schedule is missing.");
        try
        {
            return CronExpression.Parse(text, CronFormat.IncludeSeconds);
        }
        catch (CronFormatException exception)
        {
            throw new InvalidOperationException(
                $"Timer '{function.Name}', {setting ?? "its schedule"}: '{text}' is no schedule of six fields: {exception.Message}", exception);
        }
    }

    private async Task RunAsync(LocalFunction function, CronExpression schedule, DateTimeOffset due)
    {
        while (await BecomesDueAsync(schedule, due))
        {
            var began = _time.GetUtcNow();
            var next = Next(schedule, began);
            await InvokeAsync(function, began - due > PastDueAfter, due, next);
            due = next;
        }
    }

    private async Task<bool> BecomesDueAsync(CronExpression schedule, DateTimeOffset due)
    {
        try
        {
            while (_time.GetUtcNow() is var now && now < due)
            {
                // A clock set back would let the timer sleep for as long as it was set back.
                var nearest = Next(schedule, now);
                due = nearest < due ? nearest : due;
                var left = due - now;
                var delay = Task.Delay(left < LongestDelay ? left : LongestDelay, _time, _stopping.Token);

                // The clock may have been moved between reading it and starting the delay, which would then be too long.
                if (_time.GetUtcNow() < due)
                {
                    await delay;
                }
            }

            return !_stopping.IsCancellationRequested;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static DateTimeOffset Next(CronExpression schedule, DateTimeOffset after) =>
        schedule.GetNextOccurrence(after, TimeZoneInfo.Utc) ?? DateTimeOffset.MaxValue;

    private async Task InvokeAsync(LocalFunction function, bool isPastDue, DateTimeOffset due, DateTimeOffset? next)
    {
        try
        {
            await _timers[function.Name].Alone.WaitAsync(_stopping.Token);
            try
            {
                var status = next is null ? null : new { Last = due.UtcDateTime, Next = next.Value.UtcDateTime, LastUpdated = due.UtcDateTime };
                var info = JsonSerializer.Serialize(new { Schedule = new { AdjustForDST = true }, ScheduleStatus = status, IsPastDue = isPastDue });
                var answer = await _invoke(function, new TypedData { Json = info }, _stopping.Token);
                if (answer.Result.Status != StatusResult.Types.Status.Success && !_stopping.IsCancellationRequested)
                {
                    HostLog.TimerFailed(_logger, function.Name, answer.Result.Exception?.Message ?? "");
                }
            }
            finally
            {
                _timers[function.Name].Alone.Release();
            }
        }
        catch (Exception exception)
        {
            // Nothing may end the loop but the end of the host.
            if (!_stopping.IsCancellationRequested)
            {
                HostLog.TimerFailed(_logger, function.Name, exception.Message);
            }
        }
    }
}
