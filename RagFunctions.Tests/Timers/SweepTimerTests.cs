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
    [Trait("Fault", "4")]
    [Trait("Guarantee", "one-table")]
    public async Task A_sweep_that_fails_keeps_no_gauge_from_being_recorded()
    {
        var cabinet = await _fixture.AddCabinetAsync();
        await _runs!.ExecuteAsync("INSERT INTO rag_changes (cabinet_id, source_table, source_id, first_changed_at) VALUES ($1, 'wb_orders', 1, now() - interval '1 hour')", cabinet);
        await _fixture.Source.ExecuteAsync("ALTER TABLE rag_index_status RENAME lease_owner TO away");
        await Assert.ThrowsAsync<AggregateException>(SweepAsync);
        Assert.True(await _runs.ScalarAsync<double>("SELECT lag_seconds::float8 FROM rag_run_hours WHERE cabinet_id = $1", cabinet) >= 3_600);
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

    [Fact]
    [Trait("Fault", "5")]
    public async Task The_next_ten_of_ten_thousand_cost_a_page()
    {
        await _runs!.ExecuteAsync("INSERT INTO wb_cabinets (id, api_key, name) SELECT n, 'k' || n, 'n' FROM generate_series(1, 10000) AS n");
        await _fixture.Source.ExecuteAsync("""
            ANALYZE wb_cabinets;
            ALTER TABLE wb_cabinets RENAME TO all_cabinets;
            CREATE SEQUENCE rows_read;
            CREATE VIEW wb_cabinets AS SELECT * FROM all_cabinets WHERE nextval('rows_read') > 0;
            """);
        var next = await _runs.Get<CabinetDirectory>().NextActiveAsync(5_000, 10, null, Stop);
        Assert.Equal(Enumerable.Range(5_001, 10).Select(n => (long)n), next);
        Assert.InRange(await _runs.ScalarAsync<long>("SELECT last_value FROM rows_read"), 10, 100);
    }

    private static OrchestrationMetadata At(OrchestrationRuntimeStatus status) => new("RebuildAllCabinets", "rebuild-all") { RuntimeStatus = status };

    private Task SweepAsync() => new SweepTimer(
        _runs!.Get<CabinetSweep>(), Record, new DurableRunStarter(Microsoft.Extensions.Options.Options.Create(new RunsOptions())), _runs.Get<IndexGauges>())
        .RunAsync(new TimerInfo(), _client.Object, Stop);
}
