using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;

namespace RagFunctions.Tests.LocalHost;

/// <summary>Orchestrators that the tests of the local host run.</summary>
public sealed class OrchestrationSamples(Journal journal)
{
    public sealed record Order(string Item, int Count);

    [Function(nameof(Chain))]
    public static async Task<int> Chain([OrchestrationTrigger] TaskOrchestrationContext context, int count)
    {
        var sum = 0;
        for (var i = 1; i <= count; i++)
        {
            sum += await context.CallActivityAsync<int>(nameof(ActivitySamples.Twice), i);
            context.SetCustomStatus($"after {i}");
        }

        return sum;
    }

    [Function(nameof(FanOut))]
    public static async Task<int> FanOut([OrchestrationTrigger] TaskOrchestrationContext context, int count)
    {
        var results = await Task.WhenAll(
            Enumerable.Range(1, count).Select(i => context.CallActivityAsync<int>(nameof(ActivitySamples.Twice), i)));
        return results.Sum();
    }

    [Function(nameof(Window))]
    public static async Task<int> Window([OrchestrationTrigger] TaskOrchestrationContext context, int count)
    {
        List<Task<int>> running = [];
        var (sum, next) = (0, 1);
        while (next <= count || running.Count > 0)
        {
            while (next <= count && running.Count < 3)
            {
                running.Add(context.CallActivityAsync<int>(nameof(ActivitySamples.Twice), next++));
            }

            var done = await Task.WhenAny(running);
            running.Remove(done);
            sum += await done;
        }

        return sum;
    }

    [Function(nameof(Gated))]
    public static async Task<string> Gated([OrchestrationTrigger] TaskOrchestrationContext context, string gate)
    {
        var first = await context.CallActivityAsync<string>(nameof(ActivitySamples.Note), "first");
        context.SetCustomStatus("waits");
        var second = await context.CallActivityAsync<string>(nameof(ActivitySamples.PassGate), gate);
        var third = await context.CallActivityAsync<string>(nameof(ActivitySamples.Note), "third");
        return $"{first} {second} {third}";
    }

    [Function(nameof(Sleeper))]
    public static async Task<DateTime[]> Sleeper([OrchestrationTrigger] TaskOrchestrationContext context, int minutes)
    {
        var before = context.CurrentUtcDateTime;
        await context.CreateTimer(TimeSpan.FromMinutes(minutes), CancellationToken.None);
        return [before, context.CurrentUtcDateTime];
    }

    [Function(nameof(FasterThanTimer))]
    public static async Task<string> FasterThanTimer([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        using var cancel = new CancellationTokenSource();
        var timer = context.CreateTimer(TimeSpan.FromHours(1), cancel.Token);
        var work = context.CallActivityAsync<string>(nameof(ActivitySamples.Note), "work");
        var winner = await Task.WhenAny(timer, work);
        cancel.Cancel();
        return winner == work ? "work" : "timer";
    }

    [Function(nameof(Generations))]
    public static async Task<int> Generations([OrchestrationTrigger] TaskOrchestrationContext context, int left)
    {
        await context.CallActivityAsync<string>(nameof(ActivitySamples.Note), $"generation {left}");
        if (left > 0)
        {
            context.ContinueAsNew(left - 1);
        }

        return left;
    }

    [Function(nameof(LeavesOneBehind))]
    public static async Task<string?> LeavesOneBehind([OrchestrationTrigger] TaskOrchestrationContext context, string gate)
    {
        // Step 0 of both generations.
        var slow = context.CallActivityAsync<string>(nameof(ActivitySamples.PassGate), gate);
        if (gate == "second")
        {
            return await slow;
        }

        await context.CallActivityAsync<string>(nameof(ActivitySamples.Note), "goes on");
        context.ContinueAsNew("second");
        return null;
    }

    [Function(nameof(Guids))]
    public static async Task<Guid[]> Guids([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var before = context.NewGuid();
        await context.CallActivityAsync<string>(nameof(ActivitySamples.Note), before.ToString());
        return [before, context.NewGuid()];
    }

    [Function(nameof(CatchesFailure))]
    public static async Task<string[]> CatchesFailure([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        try
        {
            await context.CallActivityAsync<string>(nameof(ActivitySamples.Fail), "it broke: badly");
            return [];
        }
        catch (TaskFailedException exception)
        {
            return [exception.TaskName, exception.FailureDetails.ErrorType, exception.FailureDetails.ErrorMessage];
        }
    }

    [Function(nameof(Retries))]
    public static Task<int> Retries([OrchestrationTrigger] TaskOrchestrationContext context, int failures) =>
        context.CallActivityAsync<int>(
            nameof(ActivitySamples.FailTimes),
            failures,
            TaskOptions.FromRetryPolicy(new RetryPolicy(3, TimeSpan.FromSeconds(10), backoffCoefficient: 2, TimeSpan.FromSeconds(15))));

    [Function(nameof(Attempts))]
    public static async Task<int[]> Attempts([OrchestrationTrigger] TaskOrchestrationContext context) =>
    [
        await context.CallActivityAsync<int>(nameof(ActivitySamples.FailTimes), 0),
        await context.CallActivityAsync<int>(nameof(ActivitySamples.FailTimes), 0),
    ];

    [Function(nameof(Typed))]
    public static Task<Order> Typed([OrchestrationTrigger] TaskOrchestrationContext context, Order order) =>
        context.CallActivityAsync<Order>(nameof(ActivitySamples.AddOne), order);

    [Function(nameof(LargeInput))]
    public static Task LargeInput([OrchestrationTrigger] TaskOrchestrationContext context) =>
        context.CallActivityAsync<string>(nameof(ActivitySamples.Note), new string('x', 33 * 1024));

    [Function(nameof(LargeOutput))]
    public static Task<string> LargeOutput([OrchestrationTrigger] TaskOrchestrationContext context) =>
        context.CallActivityAsync<string>(nameof(ActivitySamples.Repeat), 33 * 1024);

    [Function(nameof(LargeResult))]
    public static async Task<string> LargeResult([OrchestrationTrigger] TaskOrchestrationContext context)
    {
        var half = await context.CallActivityAsync<string>(nameof(ActivitySamples.Repeat), 17 * 1024);
        return half + half;
    }

    [Function(nameof(LargeStatus))]
    public static void LargeStatus([OrchestrationTrigger] TaskOrchestrationContext context) =>
        context.SetCustomStatus(new string('x', 8_000));

    [Function(nameof(LargestStatus))]
    public static void LargestStatus([OrchestrationTrigger] TaskOrchestrationContext context) =>
        context.SetCustomStatus(new string('x', 7_998));

    [Function(nameof(LargeContinuation))]
    public static void LargeContinuation([OrchestrationTrigger] TaskOrchestrationContext context) =>
        context.ContinueAsNew(new string('x', 33 * 1024));

    [Function(nameof(AwaitsForeignTask))]
    public async Task AwaitsForeignTask([OrchestrationTrigger] TaskOrchestrationContext context, string how)
    {
        switch (how)
        {
            case "yield":
                await Task.Yield();
                break;
            case "task":
                await journal.PassAsync("foreign", CancellationToken.None);
                break;
            case "thread":
                await Task.Run(() => { });
                break;
            case "beside an activity":
                var activity = context.CallActivityAsync<string>(nameof(ActivitySamples.PassGate), "never");
                await journal.PassAsync("foreign", CancellationToken.None);
                await activity;
                break;
            case "beside an activity, without its thread":
                var other = context.CallActivityAsync<string>(nameof(ActivitySamples.PassGate), "never");
                await journal.PassAsync("foreign", CancellationToken.None).ConfigureAwait(false);
                context.SetCustomStatus("from elsewhere");
                await other;
                break;
            case "context without its thread":
                await context.CallActivityAsync<string>(nameof(ActivitySamples.Note), "x").ConfigureAwait(false);
                await context.CallActivityAsync<string>(nameof(ActivitySamples.Note), "y");
                break;
        }
    }

    /// <summary>Does what the journal says, which may change between two replays.</summary>
    [Function(nameof(Fickle))]
    public async Task Fickle([OrchestrationTrigger] TaskOrchestrationContext context, string change)
    {
        await context.CallActivityAsync<string>(nameof(ActivitySamples.Note), "before");
        var changed = journal.Lines.Contains("changed");
        if (changed && change == "ends")
        {
            return;
        }

        if (changed && change == "timer")
        {
            await context.CreateTimer(TimeSpan.FromMinutes(1), CancellationToken.None);
        }

        if (changed && change == "more")
        {
            _ = context.CallActivityAsync<string>(nameof(ActivitySamples.PassGate), "gate");
        }

        var name = changed && change == "name" ? nameof(ActivitySamples.Note) : nameof(ActivitySamples.PassGate);
        context.SetCustomStatus("waits");
        await context.CallActivityAsync<string>(name, changed && change == "input" ? "other" : "gate");
    }
}
