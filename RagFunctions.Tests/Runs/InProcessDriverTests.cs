using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RagFunctions.Core.Runs;

namespace RagFunctions.Tests.Runs;

public sealed class InProcessDriverTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 3, 1, 3, 0, 0, TimeSpan.Zero));

    [Fact]
    public async Task A_run_goes_from_round_to_round_until_nothing_is_left()
    {
        var steps = new ScriptedSteps { Rounds = 3 };
        var summary = await DriveAsync(steps);
        Assert.Equal((RunOutcome.Completed, 3), (summary.Outcome, summary.Rounds));
        Assert.Equal([1, 2, 3], steps.Begun.Select(input => input.Round));
        Assert.Single(steps.Begun.Select(input => input.RunId).Distinct());
    }

    [Fact]
    public async Task A_run_has_at_most_ten_rounds()
    {
        var steps = new ScriptedSteps { Rounds = 100 };
        Assert.Equal(10, (await DriveAsync(steps)).Rounds);
        Assert.True(steps.Finished[^1].LastRound);
    }

    [Fact]
    public async Task An_in_process_run_has_the_windows_and_rounds_of_the_settings()
    {
        var steps = new ScriptedSteps { Rounds = 100, Ranges = 9, Intervals = 9, Meet = 2 };
        var options = new RunsOptions { ApplyWindow = 2, EmbedWindow = 2, MaxRounds = 3 };
        var summary = await new InProcessDriver(steps, _time, Options.Create(options), NullLogger<InProcessDriver>.Instance)
            .RunAsync(1, null, TestContext.Current.CancellationToken);
        Assert.Equal((3, 2), (summary.Rounds, steps.MostAtOnce));
    }

    [Fact]
    public async Task Steps_overlap_up_to_the_window()
    {
        var steps = new ScriptedSteps { Ranges = 9, Intervals = 20, Meet = 3 };
        await DriveAsync(steps, new RunInput(1, "cli:x", ApplyWindow: 3, EmbedWindow: 3));
        Assert.Equal((9, 20, 3), (steps.Applied.Count, steps.Embedded.Count, steps.MostAtOnce));
    }

    [Fact]
    public async Task A_short_wait_is_slept_through_and_the_same_run_goes_on()
    {
        var steps = new ScriptedSteps { WaitInRound = 1, Wait = _time.GetUtcNow().AddSeconds(90) };
        var run = DriveAsync(steps);
        while (!run.IsCompleted)
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        Assert.Equal((RunOutcome.Completed, 2), ((await run).Outcome, (await run).Rounds));
    }

    [Fact]
    [Trait("Defect", "43")]
    public async Task A_step_that_fails_becomes_a_result_and_the_round_is_closed()
    {
        var steps = new ScriptedSteps { Ranges = 2, FailApply = new InvalidOperationException("the table is locked") };
        await DriveAsync(steps);
        Assert.True(steps.Finished[0].ApplyFailed);
        Assert.Equal("the table is locked", steps.Finished[0].Totals.Error);
    }

    [Fact]
    public async Task A_cancelled_run_throws_and_leaves_no_step_behind()
    {
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        var steps = new ScriptedSteps { Ranges = 4, Meet = 4, OnMeet = cancel.Cancel, Hang = true };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => new InProcessDriver(steps, _time, Options.Create(new RunsOptions()), NullLogger<InProcessDriver>.Instance).RunAsync(1, null, cancel.Token));
        Assert.Equal(0, steps.AtOnce);
        Assert.Empty(steps.Finished);
    }

    [Fact]
    public async Task Progress_is_told_and_ends_with_the_end()
    {
        List<RunProgress> told = [];
        await new InProcessDriver(new ScriptedSteps { Ranges = 2 }, _time, Options.Create(new RunsOptions()), NullLogger<InProcessDriver>.Instance)
            .RunAsync(1, new Told(told), TestContext.Current.CancellationToken);
        Assert.Equal(["begin", "apply", "plan", "embed", "finish", "ended"], told.Select(progress => progress.Phase).Distinct());
    }

    [Fact]
    public void No_two_runs_of_a_process_have_the_same_owner()
    {
        Assert.StartsWith("cli:", InProcessDriver.NewOwner(), StringComparison.Ordinal);
        Assert.NotEqual(InProcessDriver.NewOwner(), InProcessDriver.NewOwner());
    }

    private Task<RunSummary> DriveAsync(ScriptedSteps steps, RunInput? input = null) =>
        new InProcessDriver(steps, _time, Options.Create(new RunsOptions()), NullLogger<InProcessDriver>.Instance)
            .RunAsync(input ?? new RunInput(1, "cli:x"), null, TestContext.Current.CancellationToken);

    private sealed class Told(List<RunProgress> told) : IProgress<RunProgress>
    {
        public void Report(RunProgress value) => told.Add(value);
    }
}
