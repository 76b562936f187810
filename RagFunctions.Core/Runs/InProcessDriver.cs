using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using Polly;
using Polly.Retry;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings;

namespace RagFunctions.Core.Runs;

/// <summary>
/// Drives a run inside this process: the same <see cref="RunPlan"/> and the same services as the orchestration, without
/// Durable. For the command line, the bench and the tests. If the process dies, the stored request and the queue keep the work.
/// </summary>
public sealed partial class InProcessDriver(
    IRunSteps steps, TimeProvider time, IOptions<RunsOptions> options, ILogger<InProcessDriver> logger)
{
    private readonly ResiliencePipeline _retry = new ResiliencePipelineBuilder { TimeProvider = time }
        .AddRetry(new RetryStrategyOptions
        {
            // What the orchestrator's RetryPolicy does for activities; anything else than a passing database trouble fails at once.
            ShouldHandle = new PredicateBuilder().Handle<NpgsqlException>(error => error.IsTransient || !StatementFailure.Is(error)).Handle<TimeoutException>(),
            MaxRetryAttempts = 2,
            Delay = TimeSpan.FromSeconds(1),
            BackoffType = DelayBackoffType.Exponential,
        })
        .Build();

    /// <summary>The owner string of a run of this process; a new one for every call, so that two runs never take each other's lease at once.</summary>
    public static string NewOwner() => $"cli:{Environment.MachineName}:{Environment.ProcessId}:{Guid.NewGuid():N}";

    /// <summary>Runs the cabinet to its end, as <see cref="RunsOptions"/> say.</summary>
    /// <param name="progress">Told after every step.</param>
    /// <param name="cancellationToken">Stops starting steps and cancels those under way; the lease then runs out or is taken over.</param>
    public Task<RunSummary> RunAsync(long cabinetId, IProgress<RunProgress>? progress, CancellationToken cancellationToken) =>
        RunAsync(options.Value.NewRun(cabinetId, NewOwner()), progress, cancellationToken);

    /// <summary>Runs with the given windows, owner and number of rounds.</summary>
    public async Task<RunSummary> RunAsync(RunInput input, IProgress<RunProgress>? progress, CancellationToken cancellationToken)
    {
        input = input.Begun(Guid.NewGuid(), time.GetUtcNow());
        while (true)
        {
            switch (await RoundAsync(input, progress, cancellationToken))
            {
                case RunEnding.Again again:
                    input = again.Next;
                    break;
                case RunEnding.Wait wait:
                    await Task.Delay(wait.Time, time, cancellationToken);
                    input = wait.Next;
                    break;
                case RunEnding.Done done:
                    return done.Summary;
            }
        }
    }

    /// <summary>Does the rest of a small round that somebody else has begun: the work of one activity. It may be repeated.</summary>
    public async Task<RunRoundResult> RunRoundAsync(RunRoundInput input, CancellationToken cancellationToken)
    {
        var plan = RunPlan.OfRound(input);
        await DriveAsync(plan, progress: null, cancellationToken);
        return plan.RoundResult;
    }

    private async Task<RunEnding> RoundAsync(RunInput input, IProgress<RunProgress>? progress, CancellationToken cancellationToken)
    {
        // What is saved by a round at one go are trips through Durable's store, and there is none here.
        var plan = new RunPlan(input with { ShortRounds = false });
        await DriveAsync(plan, progress, cancellationToken);
        return plan.End();
    }

    private async Task DriveAsync(RunPlan plan, IProgress<RunProgress>? progress, CancellationToken cancellationToken)
    {
        var running = new List<Task<Action>>();
        while (!plan.IsDone)
        {
            while (plan.TryNext(out var step))
            {
                running.Add(RunAsync(plan, step, cancellationToken));
            }

            progress?.Report(plan.Progress);
            var finished = await Task.WhenAny(running);
            running.Remove(finished);
            if (finished.IsCanceled)
            {
                // Those under way are cancelled too: nothing of this process writes after the call has returned.
                await Task.WhenAll(running).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }

            (await finished)();
        }

        progress?.Report(plan.Progress);
    }

    /// <summary>On the thread pool: reading and rendering are processor work, and the steps of a window must overlap.</summary>
    /// <returns>Tells the plan the answer; called by the loop, one at a time.</returns>
    private async Task<Action> RunAsync(RunPlan plan, RunStep step, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Run(
                () => _retry.ExecuteAsync(async token => await plan.RunAsync(step, steps, token), cancellationToken).AsTask(), cancellationToken);
        }
        catch (Exception exception) when (exception is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            StepFailed(step.GetType().Name, exception);
            return () => plan.Fail(step, exception.Message);
        }
    }

    [LoggerMessage(4001, LogLevel.Error, "Step {Step} failed; its work stays queued or pending")]
    private partial void StepFailed(string step, Exception exception);
}

/// <summary>Input of the activity that does a small round at one go, from its ranges to its end, instead of one activity for each step.</summary>
/// <param name="Run">The run, at the round.</param>
/// <param name="Start">The round as it was begun.</param>
public sealed record RunRoundInput(RunInput Run, BeginRoundResult Start);

/// <summary>What a round done at one go came to.</summary>
/// <param name="End">The round is booked; null when more is to be embedded than one activity should take.</param>
/// <param name="Totals">Sums of the round so far.</param>
/// <param name="Left">Without <paramref name="End"/>: what is to be embedded, as the plan of the round has it.</param>
/// <param name="ApplyFailed">A range failed as a whole.</param>
/// <param name="StepFailed">A step failed: another round at once would meet the same trouble.</param>
public sealed record RunRoundResult(FinishRoundResult? End, RoundTotals Totals, PlanEmbeddingResult? Left = null, bool ApplyFailed = false, bool StepFailed = false);
