using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using RagFunctions.Core;
using RagFunctions.Sync;

namespace RagFunctions.AllCabinets;

/// <summary>Runs of all active cabinets, a bounded number at a time. A cabinet that fails or hangs stops nobody else.</summary>
public static class StartAllCabinets
{
    /// <summary>How long a cabinet may keep its place in the window.</summary>
    public static readonly TimeSpan CabinetDeadline = TimeSpan.FromHours(1);

    // One cabinet is done in seconds, a window of large ones in minutes: looks begin after a second, and each waits twice as long as the last.
    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    private static readonly TaskOptions Retry = TaskOptions.FromRetryPolicy(
        new RetryPolicy(maxNumberOfAttempts: 5, firstRetryInterval: TimeSpan.FromSeconds(5), backoffCoefficient: 2));

    private static readonly AllCabinetsSteps Runs = new(nameof(AllCabinetsActivities.StartCabinet), nameof(AllCabinetsActivities.BusyCabinets));

    /// <returns>The sums; null when it goes on as new.</returns>
    [Function(nameof(StartAllCabinets))]
    public static Task<AllCabinetsResult?> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, AllCabinetsInput input) =>
        RunAsync(context, input, Runs);

    internal static async Task<AllCabinetsResult?> RunAsync(TaskOrchestrationContext context, AllCabinetsInput input, AllCabinetsSteps steps)
    {
        var state = input with { StartedAt = input.StartedAt ?? context.CurrentUtcDateTime };
        context.SetCustomStatus(new { state.Started, state.NotStarted, state.Late, Running = state.Waiting.Count });
        if (steps.IsRecorded && input is { StartedAt: null, Since: null })
        {
            await context.CallActivityAsync<DateTimeOffset>(nameof(AllCabinetsActivities.BeginRebuildAll), input.IsWeekly, Retry);
        }

        if (state.IsWeekly)
        {
            await PurgeAsync(context);
            state = state with { IsWeekly = false };
        }

        state = await FillAsync(context, state, steps);
        if (state.Waiting.Count == 0 && state.IsListed)
        {
            if (steps.IsRecorded)
            {
                await context.CallActivityAsync<bool>(nameof(AllCabinetsActivities.EndRebuildAll), input.IsWeekly, Retry);
            }

            return new AllCabinetsResult(state.Started, state.NotStarted, state.Late, state.StartedAt);
        }

        context.ContinueAsNew(await PollAsync(context, state, steps));
        return null;
    }

    private static async Task PurgeAsync(TaskOrchestrationContext context)
    {
        try
        {
            await context.CallActivityAsync<int>(nameof(AllCabinetsActivities.PurgeGoneCabinets), true, Retry);
        }
        catch (TaskFailedException)
        {
            // It keeps nobody from being rebuilt; the next week's rebuild purges what is left.
        }
    }

    /// <summary>Starts as many as there are free places.</summary>
    private static async Task<AllCabinetsInput> FillAsync(TaskOrchestrationContext context, AllCabinetsInput state, AllCabinetsSteps steps)
    {
        var free = state.Window - state.Waiting.Count;
        if (state.IsListed || free <= 0)
        {
            return state;
        }

        var next = await context.CallActivityAsync<long[]>(
            nameof(AllCabinetsActivities.NextCabinets), new NextCabinetsInput(state.After, free, state.Since), Retry);
        var started = await Task.WhenAll(next.Select(
            id => StartAsync(context, steps, new StartCabinetInput(id, state.Mode, state.SyncAskedAt))));
        var deadline = context.CurrentUtcDateTime + CabinetDeadline;
        var failed = started.Count(ok => !ok);
        return state with
        {
            After = next.Length == 0 ? state.After : next[^1],
            IsListed = next.Length < free,
            Started = state.Started + next.Length - failed,
            Looks = next.Length > 0 ? 0 : state.Looks,
            NotStarted = state.NotStarted + failed,
            Waiting = [.. state.Waiting, .. next.Where((_, i) => started[i]).Select(id => new WaitingCabinet(id, deadline))],
        };
    }

    private static async Task<bool> StartAsync(TaskOrchestrationContext context, AllCabinetsSteps steps, StartCabinetInput input)
    {
        try
        {
            return await context.CallActivityAsync<bool>(steps.Start, input, Retry);
        }
        catch (TaskFailedException)
        {
            return false;
        }
    }

    private static async Task<AllCabinetsInput> PollAsync(TaskOrchestrationContext context, AllCabinetsInput state, AllCabinetsSteps steps)
    {
        if (state.Waiting.Count == 0)
        {
            return state;
        }

        var pause = FirstLook * (1 << Math.Min(state.Looks, 4));
        await context.CreateTimer(pause < LongestPause ? pause : LongestPause, CancellationToken.None);
        var busy = await context.CallActivityAsync<long[]>(
            steps.Busy, state.Waiting.Select(w => w.CabinetId).ToArray(), Retry);
        var running = state.Waiting.Where(w => busy.Contains(w.CabinetId)).ToList();
        var inTime = running.Where(w => w.Deadline > context.CurrentUtcDateTime).ToList();
        return state with { Waiting = inTime, Late = state.Late + running.Count - inTime.Count, Looks = state.Looks + 1 };
    }
}

/// <summary>Full runs of all active cabinets: the weekly safety net. The same steps as <see cref="StartAllCabinets"/>.</summary>
public static class RebuildAllCabinets
{
    private static readonly AllCabinetsSteps Rebuilds = new(
        nameof(AllCabinetsActivities.StartCabinet), nameof(AllCabinetsActivities.BusyCabinets), IsRecorded: true);

    [Function(nameof(RebuildAllCabinets))]
    public static Task<AllCabinetsResult?> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, AllCabinetsInput input) =>
        StartAllCabinets.RunAsync(context, input, Rebuilds);
}

/// <summary>The sync of all active cabinets, asked for by a person. The same steps as <see cref="StartAllCabinets"/>.</summary>
public static class SyncAllCabinets
{
    private static readonly AllCabinetsSteps Syncs = new(nameof(SyncActivities.StartSync), nameof(SyncActivities.BusySyncs));

    [Function(nameof(SyncAllCabinets))]
    public static Task<AllCabinetsResult?> RunAsync([OrchestrationTrigger] TaskOrchestrationContext context, AllCabinetsInput input) =>
        StartAllCabinets.RunAsync(context, input, Syncs);
}

/// <summary>Where the start of all cabinets stands; renewed by continue-as-new after every look at those that run.</summary>
/// <param name="Mode">What each cabinet is asked for, at least.</param>
/// <param name="IsWeekly">Cabinets that no longer exist are purged first.</param>
/// <param name="Window">Cabinets at a time.</param>
/// <param name="After">The last cabinet started; they come in the order of their ids.</param>
/// <param name="IsListed">No cabinet follows.</param>
/// <param name="Started">Cabinets started so far.</param>
/// <param name="NotStarted">Cabinets whose start failed; what they have to do is stored, the sweep starts them.</param>
/// <param name="Late">Cabinets that were still running at their deadline and are waited for no longer.</param>
/// <param name="StartedAt">When the first generation began.</param>
/// <param name="Looks">Looks since a cabinet was started last: the longer nothing new begins, the rarer they are.</param>
public sealed record AllCabinetsInput(
    RunMode Mode,
    bool IsWeekly = false,
    int Window = 10,
    long After = 0,
    bool IsListed = false,
    int Started = 0,
    int NotStarted = 0,
    int Late = 0,
    DateTimeOffset? StartedAt = null,
    int Looks = 0)
{
    /// <summary>Those under way.</summary>
    public IReadOnlyList<WaitingCabinet> Waiting { get; init; } = [];

    /// <summary>With a rebuild that is taken up again: when it began. Cabinets that were rebuilt since are left out.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>With a sync of all cabinets: when it was asked for.</summary>
    public DateTimeOffset? SyncAskedAt { get; init; }
}

/// <summary>What came of starting all cabinets; each cabinet's own outcome stands with its run.</summary>
public sealed record AllCabinetsResult(int Started, int NotStarted, int Late, DateTimeOffset? StartedAt);

/// <summary>The activities that differ between what all cabinets may be started for.</summary>
/// <param name="Start">Starts one; takes <see cref="StartCabinetInput"/>, answers whether it did.</param>
/// <param name="Busy">Of some cabinets, those still at work.</param>
/// <param name="IsRecorded">Begin and end are noted in the index database.</param>
internal sealed record AllCabinetsSteps(string Start, string Busy, bool IsRecorded = false);

/// <summary>A cabinet whose run is waited for, until its deadline.</summary>
public sealed record WaitingCabinet(long CabinetId, DateTimeOffset Deadline);
