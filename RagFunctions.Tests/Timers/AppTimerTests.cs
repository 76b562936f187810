using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Moq;
using RagFunctions.AllCabinets;
using RagFunctions.Core;
using RagFunctions.Core.Marketplace;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Runs.Sweep;
using RagFunctions.Core.Status;
using RagFunctions.Core.Store;
using RagFunctions.Tests.Postgres;
using RagFunctions.Timers;

namespace RagFunctions.Tests.Timers;

/// <summary>The timers that speak to Durable's client.</summary>
public sealed class AppTimerTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private const string InsertRun = """
        INSERT INTO rag_index_runs (run_id, cabinet_id, mode, owner, outcome, started_at, as_of)
        VALUES ($1, 1, 'incremental', 'test', 'completed', now() - make_interval(days => $2), now())
        """;

    private readonly Mock<DurableTaskClient> _client = new(MockBehavior.Strict, "test");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [Trait("Guarantee", "all-cabinets")]
    [InlineData(null, true)]
    [InlineData(OrchestrationRuntimeStatus.Completed, true)]
    [InlineData(OrchestrationRuntimeStatus.Failed, true)]
    [InlineData(OrchestrationRuntimeStatus.Terminated, true)]
    [InlineData(OrchestrationRuntimeStatus.Pending, false)]
    [InlineData(OrchestrationRuntimeStatus.Running, false)]
    [InlineData(OrchestrationRuntimeStatus.Suspended, false)]
    public async Task The_weekly_rebuild_is_started_unless_it_still_runs(OrchestrationRuntimeStatus? last, bool starts)
    {
        _client.Setup(c => c.GetInstanceAsync("rebuild-all", Stop)).ReturnsAsync(InstanceAt(last));
        if (starts)
        {
            _client
                .Setup(c => c.ScheduleNewOrchestrationInstanceAsync(
                    new TaskName("RebuildAllCabinets"), new AllCabinetsInput(RunMode.Full, true, 10, 0, false, 0, 0, 0, null), It.Is<StartOrchestrationOptions?>(o => IsGuarded(o!)), Stop))
                .ReturnsAsync("rebuild-all")
                .Verifiable(Times.Once);
        }

        await WeeklyTimer().RunAsync(new TimerInfo(), _client.Object, Stop);
        _client.Verify();
    }

    [Theory]
    [Trait("Guarantee", "all-cabinets")]
    [InlineData(null, 1)]
    [InlineData(OrchestrationRuntimeStatus.Running, 0)]
    public async Task A_rebuild_that_still_runs_does_not_prevent_the_week_s_purge(OrchestrationRuntimeStatus? last, long left)
    {
        var gone = await fixture.AddCabinetAsync();
        await ExecuteAsync("INSERT INTO rag_index_status (cabinet_id) SELECT id FROM wb_cabinets ON CONFLICT DO NOTHING");
        await ExecuteAsync($"INSERT INTO wb_cabinets (api_key, name, is_active) VALUES ('{Guid.NewGuid()}', 'stays', true)");
        await ExecuteAsync("INSERT INTO rag_index_status (cabinet_id) SELECT max(id) FROM wb_cabinets");
        await ExecuteAsync($"DELETE FROM wb_cabinets WHERE id = {gone}");
        _client.Setup(c => c.GetInstanceAsync("rebuild-all", Stop)).ReturnsAsync(InstanceAt(last));
        _client
            .Setup(c => c.ScheduleNewOrchestrationInstanceAsync(
                It.IsAny<TaskName>(), It.IsAny<object?>(), It.IsAny<StartOrchestrationOptions?>(), Stop))
            .ReturnsAsync("rebuild-all");

        // One that is started purges by itself.
        await WeeklyTimer().RunAsync(new TimerInfo(), _client.Object, Stop);
        await using var command = fixture.Source.CreateCommand($"SELECT count(*) FROM rag_index_status WHERE cabinet_id = {gone}");
        Assert.Equal(left, await command.ExecuteScalarAsync(Stop));
    }

    [Fact]
    [Trait("Guarantee", "all-cabinets")]
    public async Task A_start_that_loses_the_race_is_no_error()
    {
        var looks = 0;
        _client.Setup(c => c.GetInstanceAsync("rebuild-all", Stop))
            .ReturnsAsync(() => InstanceAt(looks++ == 0 ? null : OrchestrationRuntimeStatus.Running));
        FailToSchedule();
        await WeeklyTimer().RunAsync(new TimerInfo(), _client.Object, Stop);
        Assert.Equal(2, looks);
    }

    [Fact]
    [Trait("Guarantee", "all-cabinets")]
    public async Task A_start_that_fails_for_another_reason_is_told_to_the_host()
    {
        _client.Setup(c => c.GetInstanceAsync("rebuild-all", Stop)).ReturnsAsync((OrchestrationMetadata?)null);
        FailToSchedule();
        await Assert.ThrowsAsync<InvalidOperationException>(() => WeeklyTimer().RunAsync(new TimerInfo(), _client.Object, Stop));
    }

    [Fact]
    [Trait("Guarantee", "all-cabinets")]
    public async Task History_failures_runs_and_syncs_are_purged_after_their_days()
    {
        var now = new DateTimeOffset(2026, 3, 1, 2, 30, 0, TimeSpan.Zero);
        List<PurgeInstancesFilter> purged = [];
        _client.Setup(c => c.PurgeAllInstancesAsync(Capture.In(purged), Stop)).ReturnsAsync(new PurgeResult(0));
        var (last, old) = (Guid.NewGuid(), Guid.NewGuid());
        await ExecuteAsync("DELETE FROM rag_index_runs WHERE cabinet_id = 1");
        await InsertRunAsync(last, daysAgo: 91);
        await InsertRunAsync(old, daysAgo: 92);

        var time = new FakeTimeProvider(now);
        var timer = new PurgeHistoryTimer(
            new RunPurge(fixture.Rag, Options.Create(new RunsOptions())),
            new SyncLogPurge(fixture.Main, time, Options.Create(new MarketplaceOptions())) { BatchRows = 2 },
            time);
        await ExecuteAsync("""
            INSERT INTO wb_cabinets (id, api_key, name, is_active) VALUES (77, 'purge', 'purge', false);
            INSERT INTO wb_sync_logs (cabinet_id, sync_type, status, started_at)
            SELECT 77, type, 'completed', timestamptz '2026-03-01 02:30:00+00' - days * interval '1 day' - interval '1 second'
            FROM unnest(ARRAY['orders', 'reviews', 'full']) AS type, unnest(ARRAY[0, 13, 14, 15, 100]) AS days;
            INSERT INTO wb_sync_rejects (cabinet_id, entity, row_key, reason, row, first_seen_at, last_seen_at)
            SELECT 77, 'orders', days, 'bad', '{}', timestamptz '2025-01-01', timestamptz '2026-03-01 02:30:00+00' - days * interval '1 day' - interval '1 second'
            FROM unnest(ARRAY[1, 89, 90, 91, 92]) AS days
            """);
        await timer.RunAsync(new TimerInfo(), _client.Object, Stop);

        Assert.Equal(
            [(now.AddDays(-7), "Completed,Terminated"), (now.AddDays(-30), "Failed")],
            purged.Select(filter => (filter.CreatedTo!.Value, string.Join(',', filter.Statuses!))));

        // Azure Storage refuses a filter without a beginning, and one before the year 1601.
        Assert.All(purged, filter => Assert.InRange(filter.CreatedFrom!.Value.Year, 1601, 2020));
        await using var command = fixture.Source.CreateCommand("SELECT array_agg(run_id) FROM rag_index_runs WHERE cabinet_id = 1");
        Assert.Equal([last], (Guid[])(await command.ExecuteScalarAsync(Stop))!);
        await using var logs = fixture.Source.CreateCommand("SELECT array_agg(n ORDER BY n) FROM (SELECT sync_type || ' ' || count(*) AS n FROM wb_sync_logs WHERE cabinet_id = 77 GROUP BY sync_type) AS c");
        var left = (string[])(await logs.ExecuteScalarAsync(Stop))!;
        await using var rejects = fixture.Source.CreateCommand("SELECT array_agg(row_key ORDER BY row_key) FROM wb_sync_rejects WHERE cabinet_id = 77");
        Assert.Equal(["1", "89"], (string[])(await rejects.ExecuteScalarAsync(Stop))!);
        await ExecuteAsync("DELETE FROM wb_cabinets WHERE id = 77");
        Assert.Equal(["full 5", "orders 2", "reviews 2"], left);
    }

    [Fact]
    [Trait("Fault", "4")]
    [Trait("Guarantee", "one-table")]
    public async Task A_purge_that_fails_keeps_no_other_from_its_turn()
    {
        var old = Guid.NewGuid();
        await InsertRunAsync(old, 400);
        await InsertRunAsync(Guid.NewGuid(), 1);
        _client.Setup(c => c.PurgeAllInstancesAsync(It.IsAny<PurgeInstancesFilter>(), Stop)).ThrowsAsync(new InvalidOperationException("no storage"));
        var timer = new PurgeHistoryTimer(
            new RunPurge(fixture.Rag, Options.Create(new RunsOptions())),
            new SyncLogPurge(fixture.Main, TimeProvider.System, Options.Create(new MarketplaceOptions())),
            TimeProvider.System);
        await Assert.ThrowsAsync<AggregateException>(() => timer.RunAsync(new TimerInfo(), _client.Object, Stop));
        await using var command = fixture.Source.CreateCommand($"SELECT count(*) FROM rag_index_runs WHERE run_id = '{old}'");
        Assert.Equal(0L, await command.ExecuteScalarAsync(Stop));
    }

    private WeeklyRebuildTimer WeeklyTimer() =>
        new(new CabinetDirectory(fixture.Main, fixture.Rag, new CabinetPurge(fixture.Rag), NullLogger<CabinetDirectory>.Instance));

    private async Task ExecuteAsync(string sql)
    {
        await using var command = fixture.Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Stop);
    }

    private static OrchestrationMetadata? InstanceAt(OrchestrationRuntimeStatus? status) =>
        status is { } at ? new OrchestrationMetadata("RebuildAllCabinets", "rebuild-all") { RuntimeStatus = at } : null;

    private static bool IsGuarded(StartOrchestrationOptions options) =>
        options.InstanceId == "rebuild-all" && options.DedupeStatuses!.SequenceEqual(["Pending", "Running", "Suspended"]);

    private void FailToSchedule() => _client
        .Setup(c => c.ScheduleNewOrchestrationInstanceAsync(It.IsAny<TaskName>(), It.IsAny<object?>(), It.IsAny<StartOrchestrationOptions?>(), Stop))
        .ThrowsAsync(new InvalidOperationException("another one"));

    private async Task InsertRunAsync(Guid run, int daysAgo)
    {
        await using var command = fixture.Source.CreateCommand(InsertRun);
        command.Parameters.AddWithValue(run);
        command.Parameters.AddWithValue(daysAgo);
        await command.ExecuteNonQueryAsync(Stop);
    }
}
