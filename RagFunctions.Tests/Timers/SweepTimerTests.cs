using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Moq;
using RagFunctions.AllCabinets;
using RagFunctions.Core;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Runs.Sweep;
using RagFunctions.Core.Telemetry;
using RagFunctions.Index;
using RagFunctions.Tests.Postgres;
using RagFunctions.Tests.Runs;
using RagFunctions.Timers;

namespace RagFunctions.Tests.Timers;

/// <summary>What the minute's timer does beside starting cabinets. A database for each test: there is one record of a rebuild of all.</summary>
[Trait("Guarantee", "sweep")]
public sealed class SweepTimerTests : IAsyncLifetime
{
    private readonly Mock<DurableTaskClient> _client = new(MockBehavior.Strict, "test");
    private readonly DatabaseFixture _fixture = new();
    private RunsHarness? _runs;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private RebuildAllRecord Record => _runs!.Get<RebuildAllRecord>();

    public async ValueTask InitializeAsync()
    {
        await _fixture.InitializeAsync();
        _runs = new RunsHarness(_fixture);
    }

    public async ValueTask DisposeAsync()
    {
        _runs?.Dispose();
        await _fixture.DisposeAsync();
    }

    [Fact]
    public async Task A_lost_rebuild_of_all_is_taken_up_where_it_began()
    {
        var begun = await Record.BeginAsync(isWeekly: true, Stop);
        _client.Setup(c => c.GetInstanceAsync("rebuild-all", Stop)).ReturnsAsync((OrchestrationMetadata?)null);
        _client
            .Setup(c => c.ScheduleNewOrchestrationInstanceAsync(
                new TaskName("RebuildAllCabinets"), new AllCabinetsInput(RunMode.Full, true) { Since = begun }, It.IsAny<StartOrchestrationOptions?>(), Stop))
            .ReturnsAsync("rebuild-all")
            .Verifiable(Times.Once);
        await SweepAsync();
        _client.Verify();
    }

    [Fact]
    [Trait("Fault", "4")]
    [Trait("Guarantee", "one-table")]
    public async Task A_sweep_that_fails_keeps_no_rebuild_from_being_taken_up()
    {
        await Record.BeginAsync(isWeekly: false, Stop);
        await _fixture.Source.ExecuteAsync("ALTER TABLE wb_cabinets RENAME TO away");
        _client.Setup(c => c.GetInstanceAsync("rebuild-all", Stop)).ReturnsAsync(At(OrchestrationRuntimeStatus.Terminated));
        await Assert.ThrowsAsync<AggregateException>(SweepAsync);
        Assert.Null(await Record.FindUnfinishedAsync(Stop));
    }

    [Fact]
    public async Task A_rebuild_of_all_that_runs_is_left_alone()
    {
        await Record.BeginAsync(isWeekly: false, Stop);
        _client.Setup(c => c.GetInstanceAsync("rebuild-all", Stop)).ReturnsAsync(At(OrchestrationRuntimeStatus.Running));
        await SweepAsync();
        Assert.NotNull(await Record.FindUnfinishedAsync(Stop));
    }

    [Fact]
    public async Task A_rebuild_of_all_that_a_person_has_ended_stays_ended()
    {
        await Record.BeginAsync(isWeekly: false, Stop);
        _client.Setup(c => c.GetInstanceAsync("rebuild-all", Stop)).ReturnsAsync(At(OrchestrationRuntimeStatus.Terminated));
        await SweepAsync();
        Assert.Null(await Record.FindUnfinishedAsync(Stop));
    }

    [Fact]
    public async Task One_that_has_ended_is_not_looked_for()
    {
        await Record.BeginAsync(isWeekly: false, Stop);
        await Record.EndAsync(Stop);
        await SweepAsync();
    }

    [Fact]
    [Trait("Fault", "5")]
    public async Task Cabinets_rebuilt_since_are_left_out_on_every_page()
    {
        await _runs!.ExecuteAsync("INSERT INTO wb_cabinets (id, api_key, name) SELECT n, 'k' || n, 'n' FROM generate_series(1, 250) AS n");
        await _runs.ExecuteAsync("UPDATE wb_cabinets SET is_active = false WHERE id % 10 = 0");
        var begun = await Record.BeginAsync(isWeekly: false, Stop);
        await _runs.ExecuteAsync("""
            INSERT INTO rag_index_runs (run_id, cabinet_id, mode, owner, outcome, started_at, as_of)
            SELECT gen_random_uuid(), n, CASE WHEN n % 2 = 0 THEN 'full_rebuild' ELSE 'incremental' END, 't', CASE WHEN n < 100 THEN 'completed' ELSE 'failed' END, now(), now()
            FROM generate_series(1, 250) AS n
            """);
        var expected = Enumerable.Range(1, 250).Where(n => n % 10 != 0 && (n % 2 != 0 || n >= 100)).Select(n => (long)n).ToList();
        var rebuild = _runs.Get<CabinetDirectory>();
        Assert.Equal(expected, await rebuild.NextActiveAsync(0, 1_000, begun, Stop));
        Assert.Equal(expected.Take(7), await rebuild.NextActiveAsync(0, 7, begun, Stop));
        Assert.Equal(expected.Where(id => id > 130).Take(7), await rebuild.NextActiveAsync(130, 7, begun, Stop));
        Assert.Equal(225, (await rebuild.NextActiveAsync(0, 1_000, null, Stop)).Count);
    }

    private static OrchestrationMetadata At(OrchestrationRuntimeStatus status) => new("RebuildAllCabinets", "rebuild-all") { RuntimeStatus = status };

    private Task SweepAsync() => new SweepTimer(
        _runs!.Get<CabinetSweep>(), Record, new DurableRunStarter(Microsoft.Extensions.Options.Options.Create(new RunsOptions())), _runs.Get<IndexGauges>())
        .RunAsync(new TimerInfo(), _client.Object, Stop);
}
