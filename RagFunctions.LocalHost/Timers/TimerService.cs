using Cronos;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RagFunctions.LocalHost.Discovery;

namespace RagFunctions.LocalHost.Timers;

/// <summary>
/// Fires timer functions, in UTC. A timer never runs twice at once; a time missed while the host was down, or while the function
/// still ran, is made up for by one run that is told so.
/// </summary>
internal sealed class TimerService(
    FunctionCatalog catalog, TimerStore store, IConfiguration configuration, IServiceScopeFactory scopes, TimeProvider time,
    ILogger<TimerService> logger) : IDisposable
{
    // Nobody is later than this by scheduling alone.
    private static readonly TimeSpan PastDueAfter = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stopping = new();
    private readonly Dictionary<string, SemaphoreSlim> _alone = catalog.All
        .Where(function => function.Kind == FunctionKind.Timer)
        .ToDictionary(function => function.Name, _ => new SemaphoreSlim(1));

    private readonly List<Task> _running = [];

    /// <exception cref="InvalidOperationException">A schedule cannot be read, or its setting is missing.</exception>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var function in catalog.All.Where(function => function.Kind == FunctionKind.Timer))
        {
            var schedule = ScheduleOf(function);
            var cron = Parse(function, schedule);
            var now = time.GetUtcNow();
            var times = await store.FindAsync(function.Name, schedule, cancellationToken)
                ?? new TimerTimes(null, Next(cron, now), now);
            await store.SaveAsync(function.Name, schedule, times, cancellationToken);
            _running.Add(Task.Run(() => RunAsync(function, schedule, cron, times), CancellationToken.None));
        }
    }

    /// <summary>Runs a timer function now, after a run of it that is under way. Its schedule stays as it is.</summary>
    public void RunNow(Function function) =>
        _ = Task.Run(() => InvokeAsync(function, new TimerInfo()));

    public async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_running);
    }

    public void Dispose() => _stopping.Dispose();

    private static DateTimeOffset Next(CronExpression cron, DateTimeOffset after) =>
        cron.GetNextOccurrence(after, TimeZoneInfo.Utc) ?? DateTimeOffset.MaxValue;

    private static CronExpression Parse(Function function, string schedule)
    {
        try
        {
            return CronExpression.Parse(schedule, CronFormat.IncludeSeconds);
        }
        catch (CronFormatException exception)
        {
            throw new InvalidOperationException(
                $"Timer '{function.Name}', {function.Timer!.Schedule.Trim('%')}: '{schedule}' is no schedule of six fields: {exception.Message}", exception);
        }
    }

    private async Task RunAsync(Function function, string schedule, CronExpression cron, TimerTimes times)
    {
        try
        {
            while (true)
            {
                await DueTime.WaitAsync(time, times.Next, _stopping.Token);
                var began = time.GetUtcNow();
                var following = Next(cron, began);
                var info = new TimerInfo
                {
                    IsPastDue = began - times.Next > PastDueAfter,
                    ScheduleStatus = new()
                    {
                        Last = times.Last?.UtcDateTime ?? default,
                        Next = following.UtcDateTime,
                        LastUpdated = times.Updated.UtcDateTime,
                    },
                };
                await InvokeAsync(function, info);
                times = new TimerTimes(times.Next, following, time.GetUtcNow());
                await store.SaveAsync(function.Name, schedule, times, _stopping.Token);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The time it was due stays stored as it was: the next start makes up for it.
        }
    }

    private async Task InvokeAsync(Function function, TimerInfo info)
    {
        await _alone[function.Name].WaitAsync(_stopping.Token);
        try
        {
            await using var scope = scopes.CreateAsyncScope();
            var context = new LocalFunctionContext(function, scope.ServiceProvider, _stopping.Token);
            await function.ResultAsync(function.Call(context, parameter =>
                parameter == function.Trigger ? info
                : parameter.ParameterType == typeof(DurableTaskClient) ? scope.ServiceProvider.GetRequiredService<DurableTaskClient>()
                : throw new NotSupportedException($"A timer takes no {parameter.ParameterType.Name}.")));
        }
        catch (Exception exception) when (!_stopping.IsCancellationRequested)
        {
            HostLog.TimerFailed(logger, function.Name, exception);
        }
        finally
        {
            _alone[function.Name].Release();
        }
    }

    private string ScheduleOf(Function function)
    {
        var schedule = function.Timer!.Schedule;
        return schedule is not ['%', .., '%'] ? schedule
            : configuration[schedule.Trim('%')]
            ?? throw new InvalidOperationException($"Timer '{function.Name}': the setting '{schedule.Trim('%')}' with its schedule is missing.");
    }
}
