using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Sync;
using RagFunctions.Tests.Dev.LocalHost;

namespace RagFunctions.Tests.Sync;

/// <summary>The orchestrator alone, over steps that answer when and what a test wants.</summary>
public sealed class SyncCabinetTests
{
    private static readonly SyncCabinetInput Cabinet = new(7);

    [Fact]
    public async Task All_begin_at_once_except_prices_and_stocks_which_need_cards()
    {
        var gates = SyncEntityNames.All.ToDictionary(entity => entity, _ => new TaskCompletionSource());
        var driver = new SyncDriver
        {
            Answer = async (input, step) =>
            {
                await gates[input.Entity].Task;
                return input.Entity == SyncEntity.Cards && step == 0
                    ? await SyncDriver.Waiting(input.Entity, SyncDriver.Start + SyncCabinet.LongestWait)
                    : await SyncDriver.Ok(input.Entity);
            },
        };
        var running = driver.RunAsync(Cabinet);
        Assert.Equal([SyncEntity.Cards, SyncEntity.Orders, SyncEntity.Sales, SyncEntity.Reviews], driver.Steps.Select(step => step.Entity));
        gates[SyncEntity.Cards].SetResult();
        await Condition.BecomesTrueAsync(() => driver.Steps.Count == 7, "cards go on, prices and stocks have begun");
        Assert.Equal([SyncEntity.Cards, SyncEntity.Prices, SyncEntity.Stocks], driver.Steps.Skip(4).Select(step => step.Entity).Order());
        Assert.False(running.IsCompleted);
        foreach (var gate in gates.Values)
        {
            gate.TrySetResult();
        }

        var summary = await running;
        Assert.Equal([("cards", "ok"), ("prices", "ok"), ("stocks", "ok"), ("orders", "ok"), ("sales", "ok"), ("reviews", "ok")],
            summary.Entities.Select(entity => (entity.Entity, entity.Status)));
        Assert.Empty(driver.Starts);
    }

    [Fact]
    public async Task Prices_and_stocks_do_not_wait_for_unplanned_or_failed_cards()
    {
        var alone = new SyncDriver { Due = [SyncEntity.Prices, SyncEntity.Stocks] };
        await alone.RunAsync(Cabinet);
        Assert.Equal(2, alone.Steps.Count);
        var failing = new SyncDriver
        {
            Due = [SyncEntity.Cards, SyncEntity.Prices],
            Answer = (input, _) => input.Entity == SyncEntity.Cards ? throw new InvalidOperationException("no") : SyncDriver.Ok(input.Entity),
        };
        Assert.Equal(["failed", "ok"], (await failing.RunAsync(Cabinet)).Entities.Select(entity => entity.Status));
    }

    [Fact]
    public async Task Only_what_is_planned_is_synchronised()
    {
        var driver = new SyncDriver { Due = [SyncEntity.Orders] };
        var summary = await driver.RunAsync(Cabinet);
        Assert.Equal([new SyncPlanInput(7)], driver.Plans);
        Assert.Equal([new SyncStepInput(7, SyncEntity.Orders)], driver.Steps);
        Assert.Equal([new SyncedEntity("orders", "ok", 10, 0, 0)], summary.Entities);
        Assert.Equal((7, SyncDriver.Start), (summary.CabinetId, summary.StartedAt));
    }

    [Fact]
    public async Task What_a_person_asks_for_reaches_every_step()
    {
        var driver = new SyncDriver { Due = [SyncEntity.Cards, SyncEntity.Orders] };
        await driver.RunAsync(Cabinet with { AskedAt = SyncDriver.Start });
        Assert.Equal([new SyncPlanInput(7, SyncDriver.Start)], driver.Plans);
        Assert.All(driver.Steps, step => Assert.Equal(SyncDriver.Start, step.AskedAt));
    }

    [Fact]
    [Trait("Defect", "37")]
    public async Task The_index_run_starts_as_soon_as_one_entity_has_changes()
    {
        TaskCompletionSource<SyncStepResult> orders = new();
        var driver = new SyncDriver
        {
            Due = [SyncEntity.Orders, SyncEntity.Cards],
            Answer = (input, _) => input.Entity == SyncEntity.Orders ? orders.Task : SyncDriver.Ok(SyncEntity.Cards, inserted: 3),
        };
        var running = driver.RunAsync(Cabinet);
        await Condition.BecomesTrueAsync(() => driver.Starts.Count > 0, "the run is started");
        Assert.Equal([new StartSyncedInput(7, 3)], driver.Starts);
        Assert.False(running.IsCompleted);

        // What comes later starts it again: the first run may have ended by then.
        orders.SetResult(await SyncDriver.Ok(SyncEntity.Orders, inserted: 2));
        await running;
        Assert.Equal([new StartSyncedInput(7, 3), new StartSyncedInput(7, 2)], driver.Starts);
    }

    [Fact]
    public async Task Waiting_with_committed_changes_starts_the_index_run_first()
    {
        var startsAtSecondStep = -1;
        SyncDriver driver = null!;
        driver = new SyncDriver
        {
            Due = [SyncEntity.Sales],
            Answer = (input, step) =>
            {
                startsAtSecondStep = driver.Starts.Count;
                return step == 0 ? SyncDriver.Waiting(input.Entity, SyncDriver.Start.AddMinutes(1), inserted: 4) : SyncDriver.Ok(input.Entity);
            },
        };
        await driver.RunAsync(Cabinet);
        Assert.Equal(1, startsAtSecondStep);
    }

    [Fact]
    [Trait("Defect", "97")]
    public async Task A_short_wait_is_a_timer_before_the_entity_goes_on()
    {
        var driver = new SyncDriver
        {
            Due = [SyncEntity.Sales],
            Answer = (input, step) => step < 2
                ? SyncDriver.Waiting(input.Entity, SyncDriver.Start + (step + 1) * SyncCabinet.LongestWait, inserted: 5)
                : SyncDriver.Ok(input.Entity, inserted: 1),
        };
        var summary = await driver.RunAsync(Cabinet);
        Assert.Equal([SyncDriver.Start.AddMinutes(2), SyncDriver.Start.AddMinutes(4)], driver.Timers.Select(at => new DateTimeOffset(at)));
        Assert.Equal([new SyncedEntity("sales", "ok", 30, 11, 0)], summary.Entities);
        Assert.Equal(1, driver.Generations);
    }

    [Fact]
    [Trait("Defect", "97")]
    public async Task A_long_wait_ends_the_entity_and_the_orchestration_with_it()
    {
        var until = SyncDriver.Start + SyncCabinet.LongestWait + TimeSpan.FromSeconds(1);
        var driver = new SyncDriver
        {
            Due = [SyncEntity.Orders, SyncEntity.Cards],
            Answer = (input, _) => input.Entity == SyncEntity.Orders ? SyncDriver.Waiting(input.Entity, until) : SyncDriver.Ok(input.Entity),
        };
        var summary = await driver.RunAsync(Cabinet);
        Assert.Empty(driver.Timers);
        Assert.Equal([("ok", null), ("waiting", (DateTimeOffset?)until)], summary.Entities.Select(entity => (entity.Status, entity.WaitUntil)));
    }

    [Fact]
    public async Task An_entity_that_somebody_else_has_is_looked_at_again()
    {
        var driver = new SyncDriver
        {
            Due = [SyncEntity.Orders],
            Answer = (input, step) => step == 0
                ? Task.FromResult(new SyncStepResult(new EntitySyncResult(input.Entity, EntitySyncStatus.Busy), 0, SyncSteps.BusyWait))
                : Task.FromResult(new SyncStepResult(new EntitySyncResult(input.Entity, EntitySyncStatus.NotDue), 8)),
        };
        var summary = await driver.RunAsync(Cabinet);
        Assert.Equal([SyncDriver.Start + SyncSteps.BusyWait], driver.Timers.Select(at => new DateTimeOffset(at)));
        Assert.Equal("not_due", Assert.Single(summary.Entities).Status);
        Assert.Equal([new StartSyncedInput(7, 8)], driver.Starts);
    }

    [Fact]
    [Trait("Defect", "37")]
    public async Task A_failing_activity_fails_its_entity_and_nobody_else()
    {
        var driver = new SyncDriver
        {
            Answer = (input, _) => input.Entity == SyncEntity.Prices
                ? throw new InvalidOperationException(new string('x', 5_000))
                : SyncDriver.Ok(input.Entity, inserted: 1),
        };
        var summary = await driver.RunAsync(Cabinet);
        Assert.Equal(["failed"], summary.Entities.Select(entity => entity.Status).Where(status => status != "ok"));
        var failed = summary.Entities.Single(entity => entity.Status == "failed");
        Assert.Equal(("prices", new string('x', 300)), (failed.Entity, failed.Reason));
        Assert.Equal(5, driver.Starts.Count);
    }

    [Fact]
    public async Task An_index_run_that_cannot_be_started_fails_nothing()
    {
        var driver = new SyncDriver
        {
            Answer = (input, _) => SyncDriver.Ok(input.Entity, inserted: 1),
            StartIndex = _ => throw new InvalidOperationException("no"),
        };
        var summary = await driver.RunAsync(Cabinet);
        Assert.All(summary.Entities, entity => Assert.Equal("ok", entity.Status));
    }

    [Fact]
    public async Task It_ends_only_when_everything_it_started_has()
    {
        TaskCompletionSource<bool> start = new();
        var driver = new SyncDriver { Answer = (input, _) => SyncDriver.Ok(input.Entity, inserted: 1), StartIndex = _ => start.Task };
        var running = driver.RunAsync(Cabinet);
        await Condition.BecomesTrueAsync(() => driver.Starts.Count == 6, "each has started the run");
        Assert.False(running.IsCompleted);
        start.SetResult(true);
        await running;
    }

    [Fact]
    public async Task Many_short_waits_go_on_in_new_generations()
    {
        SyncDriver driver = null!;
        driver = new SyncDriver
        {
            Due = [SyncEntity.Reviews, SyncEntity.Cards],
            Answer = (input, _) => input.Entity == SyncEntity.Cards
                ? SyncDriver.Ok(input.Entity)
                : SyncDriver.Waiting(input.Entity, driver.Now.AddSeconds(6), inserted: 1),
        };
        var summary = await driver.RunAsync(Cabinet);

        // 150 waits of 6 s are 15 minutes.
        Assert.Equal(151, driver.Steps.Count(step => step.Entity == SyncEntity.Reviews));
        Assert.Equal(7, driver.Generations);
        Assert.Single(driver.Plans);
        Assert.Single(driver.Steps, step => step.Entity == SyncEntity.Cards);
        Assert.Equal([("cards", "ok", 10, 0), ("reviews", "waiting", 1_510, 151)],
            summary.Entities.Select(entity => (entity.Entity, entity.Status, entity.Read, entity.New)));
        Assert.Equal(SyncDriver.Start, summary.StartedAt);
        Assert.Equal(SyncDriver.Start + SyncCabinet.LongestSync, driver.Now);
    }

    [Fact]
    public async Task The_status_tells_phase_and_share_first_thing_in_every_generation()
    {
        var driver = new SyncDriver
        {
            Due = [SyncEntity.Sales, SyncEntity.Cards],
            Answer = (input, step) => input.Entity == SyncEntity.Sales && step <= SyncCabinet.MostSteps
                ? SyncDriver.Waiting(input.Entity, SyncDriver.Start.AddSeconds(10 * (step + 1)))
                : SyncDriver.Ok(input.Entity),
        };
        await driver.RunAsync(Cabinet);
        Assert.Equal(2, driver.Generations);
        Assert.Equal([new SyncProgress("plan", 0, 0), new SyncProgress("sync", 0, 2)], driver.Statuses.Take(2));
        Assert.Equal(2, driver.Statuses.Count(status => status is { Phase: "plan" }));
        Assert.Contains(new SyncProgress("wait", 1, 2), driver.Statuses);
        Assert.Equal(new SyncProgress("ended", 2, 2), driver.Statuses[^1]);
    }
}
