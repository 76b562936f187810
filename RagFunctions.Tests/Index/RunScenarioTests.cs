using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RagFunctions.Core;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Store;
using RagFunctions.Tests.Dev.LocalHost;

namespace RagFunctions.Tests.Index;

/// <summary>Each scenario goes through the orchestrator and through the in-process driver: same steps, same end.</summary>
public sealed class RunScenarioTests
{
    private const string Owner = "durable:index-7";

    private static readonly Dictionary<string, (Func<ScenarioSteps> Steps, string Outcome, string[] Calls)> Scenarios = new()
    {
        ["one round"] = (() => new ScenarioSteps(), RunOutcome.Completed,
            ["1 apply Incremental Orders", "1 begin durable:index-7", "1 close, rows 1, embedded 2, last False", "1 embed -8", "1 embed 8-", "1 plan"]),
        ["three rounds"] = (() => new ScenarioSteps { Plan = None, Finish = input => new FinishRoundResult(input.Round < 3, RunOutcome.Completed) }, RunOutcome.Completed,
            [.. Enumerable.Range(1, 3).SelectMany(r => Rounds(r, "False"))]),
        ["every round wants another"] = (() => new ScenarioSteps { Plan = None, Finish = _ => new FinishRoundResult(true, RunOutcome.Completed) }, RunOutcome.Completed,
            [.. Enumerable.Range(1, 10).SelectMany(r => Rounds(r, r == 10 ? "True" : "False"))]),
        ["full, one range fails"] = (() => new ScenarioSteps
        {
            Plan = None,
            Begin = input => ScenarioSteps.Started(input, RunMode.Full, Entity.Sales, Entity.Products),
            Apply = input => input.Range.Entity == Entity.Sales ? throw new InvalidOperationException("locked") : new ApplyChangesResult(RowsRead: 5),
            Finish = input => new FinishRoundResult(false, input.ApplyFailed && input.Totals.Error == "locked" ? RunOutcome.CompletedWithErrors : "?"),
        },
            RunOutcome.CompletedWithErrors,
            ["1 apply Full Products", "1 apply Full Sales", "1 begin durable:index-7", "1 close, rows 5, embedded 0, last True", "1 plan"]),
        ["lease lost"] = (() => new ScenarioSteps
        {
            Apply = _ => new ApplyChangesResult(Superseded: true),
            Finish = _ => new FinishRoundResult(false, RunOutcome.Superseded),
        },
            RunOutcome.Superseded,
            ["1 apply Incremental Orders", "1 begin durable:index-7", "1 close, rows 0, embedded 0, last False"]),
        ["wrong key at the provider"] = (() => new ScenarioSteps
        {
            Embed = _ => new EmbedBatchResult(StopError: "401"),
            Finish = input => new FinishRoundResult(false, input.StopError == "401" ? RunOutcome.Failed : "?"),
        },
            RunOutcome.Failed,
            ["1 apply Incremental Orders", "1 begin durable:index-7", "1 close, rows 1, embedded 0, last False", "1 embed -8", "1 embed 8-", "1 plan"]),
        ["a short wait"] = (() => new ScenarioSteps
        {
            Plan = None,
            Finish = input => input.Round == 1
                ? new FinishRoundResult(false, RunOutcome.Waiting, ScenarioSteps.Start.AddSeconds(90), TimeSpan.FromSeconds(90))
                : new FinishRoundResult(false, RunOutcome.Completed),
        },
            RunOutcome.Completed,
            [.. Enumerable.Range(1, 2).SelectMany(r => Rounds(r, "False"))]),
        ["a long wait"] = (() => new ScenarioSteps { Plan = None, Finish = _ => new FinishRoundResult(false, RunOutcome.Waiting, ScenarioSteps.Start.AddHours(9), TimeSpan.FromHours(9)) },
            RunOutcome.Waiting, [.. Rounds(1, "False")]),
        ["an inactive cabinet"] = (() => new ScenarioSteps { Begin = _ => NotStarted(BeginStatus.Inactive) }, RunOutcome.Skipped, ["1 begin durable:index-7"]),
        ["a busy cabinet"] = (() => new ScenarioSteps { Begin = _ => NotStarted(BeginStatus.Busy) }, RunOutcome.Skipped, ["1 begin durable:index-7"]),
        ["another embedding model"] = (() => new ScenarioSteps { Begin = _ => NotStarted(BeginStatus.Refused) }, RunOutcome.Failed, ["1 begin durable:index-7"]),
        ["a round that cannot be opened"] = (() => new ScenarioSteps { Begin = _ => throw new InvalidOperationException("no table") }, RunOutcome.Failed, ["1 begin durable:index-7"]),
    };

    public static TheoryData<string> Names => [.. Scenarios.Keys];

    [Theory]
    [Trait("Guarantee", "same-drivers")]
    [MemberData(nameof(Names))]
    public async Task The_orchestrator_takes_the_steps_of_the_scenario(string name)
    {
        var (make, outcome, calls) = Scenarios[name];
        var steps = make();
        var driver = new OrchestratorDriver(steps, new FakeTimeProvider(ScenarioSteps.Start));
        var summary = await driver.RunAsync(new RunInput(7, Owner));
        Assert.Equal(outcome, summary.Outcome);
        Assert.Equal(calls.Order(StringComparer.Ordinal), steps.Calls);
        Assert.All(driver.Statuses, status => Assert.InRange(status.Length, 1, 8_000));
        Assert.Equal(new Guid(1, 0, 0, new byte[8]), summary.RunId);
        Assert.Equal(ScenarioSteps.Start, summary.StartedAt);
    }

    [Theory]
    [Trait("Guarantee", "same-drivers")]
    [MemberData(nameof(Names))]
    public async Task A_round_at_one_go_takes_the_same_steps(string name)
    {
        var (make, outcome, calls) = Scenarios[name];
        var steps = make();
        var driver = new OrchestratorDriver(steps, new FakeTimeProvider(ScenarioSteps.Start));
        var summary = await driver.RunAsync(new RunInput(7, Owner, ShortRounds: true));
        Assert.Equal(outcome, summary.Outcome);
        Assert.Equal(calls.Order(StringComparer.Ordinal), steps.Calls);
        Assert.Equal(steps.Calls.Any(call => call.Contains(" apply", StringComparison.Ordinal)), driver.RoundsAtOnce > 0);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task The_in_process_driver_takes_the_same_steps(string name)
    {
        var (make, outcome, calls) = Scenarios[name];
        var steps = make();
        var time = new FakeTimeProvider(ScenarioSteps.Start);
        var run = new InProcessDriver(steps, time, Options.Create(new RunsOptions()), NullLogger<InProcessDriver>.Instance)
            .RunAsync(new RunInput(7, Owner), null, TestContext.Current.CancellationToken);
        if (name == "a short wait")
        {
            await Condition.BecomesTrueAsync(
                () =>
                {
                    time.Advance(TimeSpan.FromSeconds(1));
                    return run.IsCompleted;
                },
                "the end of the run");
        }

        Assert.Equal(outcome, (await run).Outcome);
        Assert.Equal(calls.Order(StringComparer.Ordinal), steps.Calls);
    }

    [Fact]
    [Trait("Guarantee", "same-drivers")]
    public async Task Every_round_is_a_generation_and_a_wait_a_durable_timer()
    {
        var steps = Scenarios["a short wait"].Steps();
        var driver = new OrchestratorDriver(steps, new FakeTimeProvider(ScenarioSteps.Start));
        await driver.RunAsync(new RunInput(7, Owner));
        Assert.Equal(2, driver.Generations);
        Assert.Equal([TimeSpan.FromSeconds(90)], driver.Timers);
        Assert.Equal(2, driver.Statuses.Count(status => status.Contains("\"begin\",\"Done\":0", StringComparison.Ordinal)));
    }

    private static PlanEmbeddingResult None(PlanEmbeddingInput input) => new(false, 0, []);

    private static BeginRoundResult NotStarted(BeginStatus status) => new(status, 0, RunMode.Incremental, default, []);

    private static string[] Rounds(int round, string last)
    {
        var r = round.ToString(CultureInfo.InvariantCulture);
        return [$"{r} apply Incremental Orders", $"{r} begin durable:index-7", $"{r} close, rows 1, embedded 0, last {last}", $"{r} plan"];
    }
}
