using RagFunctions.Core;
using RagFunctions.Core.Migrations.Main;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Runs.Sweep;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Runs;

public sealed class CabinetSweepTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>, IDisposable
{
    private readonly RunsHarness _runs = new(fixture);

    public void Dispose() => _runs.Dispose();

    [Fact]
    public async Task A_cabinet_with_nothing_to_do_is_left_alone()
    {
        var cabinet = await QuietCabinetAsync();
        Assert.Null(await DueAsync(cabinet));
    }

    [Fact]
    [Trait("Guarantee", "sweep")]
    [Trait("Defect", "39")]
    public async Task A_cabinet_that_was_never_indexed_gets_a_full_run()
    {
        var cabinet = await fixture.AddCabinetAsync();
        Assert.Equal(new DueCabinet(cabinet, SweepReason.NeverIndexed, RunMode.Full), await DueAsync(cabinet));
    }

    [Fact]
    public async Task A_cabinet_whose_sync_has_not_begun_is_indexed_after_it_or_an_hour()
    {
        var cabinet = await fixture.AddCabinetAsync();
        await _runs.ExecuteAsync("UPDATE wb_cabinets SET api_key_cipher = '\\x01', created_at = now() WHERE id = $1", cabinet);
        Assert.Null(await DueAsync(cabinet));
        await _runs.ExecuteAsync("UPDATE wb_cabinets SET created_at = now() - interval '61 minutes' WHERE id = $1", cabinet);
        Assert.Equal(SweepReason.NeverIndexed, (await DueAsync(cabinet))!.Reason);
    }

    [Fact]
    [Trait("Fault", "19")]
    [Trait("Guarantee", "sweep")]
    public async Task An_older_worker_starts_no_full_run_for_texts_of_a_newer_one()
    {
        var cabinet = await QuietCabinetAsync();
        await _runs.ExecuteAsync("UPDATE rag_index_status SET full_renderer_version = full_renderer_version + 1 WHERE cabinet_id = $1", cabinet);
        Assert.Null(await DueAsync(cabinet));
        Assert.Equal(RunMode.Incremental, (await _runs.BeginAsync(cabinet, Guid.NewGuid())).Mode);
    }

    [Fact]
    [Trait("Fault", "4")]
    [Trait("Guarantee", "one-table")]
    public async Task A_cabinet_that_cannot_be_started_keeps_no_other_from_its_start()
    {
        var (broken, other) = (await QuietCabinetAsync(), await QuietCabinetAsync());
        foreach (var cabinet in (long[])[broken, other])
        {
            await _runs.ExecuteAsync("UPDATE rag_index_status SET full_completed_at = clock_timestamp() - interval '9 days' WHERE cabinet_id = $1", cabinet);
        }

        await _runs.ExecuteAsync($"ALTER TABLE rag_index_status ADD CONSTRAINT broken CHECK (cabinet_id <> {broken} OR requested_mode IS NULL) NOT VALID");
        try
        {
            await Assert.ThrowsAsync<AggregateException>(() => _runs.Get<CabinetSweep>().RunAsync(RunsHarness.Cancel));
        }
        finally
        {
            await _runs.ExecuteAsync("ALTER TABLE rag_index_status DROP CONSTRAINT broken");
        }

        Assert.Contains(other, _runs.Starter.Started);
    }

    [Fact]
    [Trait("Guarantee", "sweep")]
    [Trait("Defect", "32")]
    public async Task Queued_changes_start_a_run()
    {
        var cabinet = await QuietCabinetAsync();
        await _runs.QueueAsync(cabinet, 1);
        Assert.Equal(new DueCabinet(cabinet, SweepReason.Changes, RunMode.Incremental), await DueAsync(cabinet));
    }

    [Fact]
    [Trait("Guarantee", "sweep")]
    public async Task A_failed_row_starts_a_run_only_when_its_attempt_is_due()
    {
        var cabinet = await QuietCabinetAsync();
        await _runs.QueueAsync(cabinet, 1, nextAttempt: "1 hour");
        Assert.Null(await DueAsync(cabinet));
        await _runs.ExecuteAsync("UPDATE rag_changes SET next_attempt_at = clock_timestamp() WHERE cabinet_id = $1", cabinet);
        Assert.Equal(SweepReason.Changes, (await DueAsync(cabinet))!.Reason);
    }

    [Fact]
    [Trait("Defect", "33")]
    public async Task A_delta_posted_at_the_end_of_a_run_is_found()
    {
        var cabinet = await QuietCabinetAsync();
        var run = Guid.NewGuid();
        var start = await _runs.BeginAsync(cabinet, run);

        // The closing has looked at the queue and waits for the status row: exactly here the delta is posted.
        await using var connection = await fixture.Source.OpenConnectionAsync(RunsHarness.Cancel);
        await using var transaction = await connection.BeginTransactionAsync(RunsHarness.Cancel);
        await using var hold = new Npgsql.NpgsqlCommand("SELECT 1 FROM rag_index_status WHERE cabinet_id = $1 FOR UPDATE", connection);
        hold.Parameters.AddWithValue(cabinet);
        await hold.ExecuteScalarAsync(RunsHarness.Cancel);
        var closing = _runs.FinishAsync(cabinet, run, start);
        await Waiting.ForAnyLockAsync(fixture.Source, connection.ProcessID, RunsHarness.Cancel);
        await _runs.QueueAsync(cabinet, 1);
        await transaction.CommitAsync(RunsHarness.Cancel);

        Assert.False((await closing).Again);
        Assert.Equal(SweepReason.Changes, (await DueAsync(cabinet))!.Reason);
    }

    [Theory]
    [Trait("Guarantee", "sweep")]
    [InlineData(RunMode.Incremental)]
    [InlineData(RunMode.CatchUp)]
    [InlineData(RunMode.Full)]
    public async Task A_stored_request_starts_a_run_of_its_mode(RunMode mode)
    {
        var cabinet = await QuietCabinetAsync();
        await _runs.Get<IndexRequests>().StoreAsync(cabinet, mode, false, RunsHarness.Cancel);
        Assert.Equal(new DueCabinet(cabinet, SweepReason.Requested, mode), await DueAsync(cabinet));
    }

    [Fact]
    [Trait("Guarantee", "sweep")]
    public async Task Pending_chunks_start_a_run_only_when_their_attempt_is_due()
    {
        var cabinet = await QuietCabinetAsync();
        await _runs.ChunkAsync(cabinet, 1, pending: true, nextAttempt: "1 hour");
        Assert.Null(await DueAsync(cabinet));
        await _runs.ExecuteAsync("UPDATE rag_metadata SET next_attempt_at = clock_timestamp() WHERE cabinet_id = $1", cabinet);
        Assert.Equal(new DueCabinet(cabinet, SweepReason.Pending, RunMode.Incremental), await DueAsync(cabinet));
        await _runs.ExecuteAsync("UPDATE rag_metadata SET next_attempt_at = NULL WHERE cabinet_id = $1", cabinet);
        Assert.Equal(new DueCabinet(cabinet, SweepReason.Pending, RunMode.Incremental), await DueAsync(cabinet));
    }

    [Fact]
    [Trait("Guarantee", "sweep")]
    [Trait("Defect", "9")]
    public async Task Expired_chunks_start_a_run()
    {
        var cabinet = await QuietCabinetAsync();
        await _runs.ChunkAsync(cabinet, 1, expiresIn: "1 hour");
        Assert.Null(await DueAsync(cabinet));
        _runs.Time.Advance(TimeSpan.FromHours(2));
        Assert.Equal(new DueCabinet(cabinet, SweepReason.Expired, RunMode.Incremental), await DueAsync(cabinet));
    }

    [Fact]
    [Trait("Guarantee", "sweep")]
    public async Task Without_announced_changes_a_cabinet_catches_up_every_quarter_hour()
    {
        var cabinet = await QuietCabinetAsync();
        await _runs.ExecuteAsync("UPDATE rag_index_status SET last_catch_up_at = clock_timestamp() - interval '14 min' WHERE cabinet_id = $1", cabinet);
        Assert.Null(await DueAsync(cabinet));
        await _runs.ExecuteAsync("UPDATE rag_index_status SET last_catch_up_at = clock_timestamp() - interval '15 min' WHERE cabinet_id = $1", cabinet);
        Assert.Equal(new DueCabinet(cabinet, SweepReason.CatchUp, RunMode.CatchUp), await DueAsync(cabinet));
    }

    [Fact]
    [Trait("Guarantee", "sweep")]
    public async Task A_cabinet_whose_changes_a_sync_announces_does_not_catch_up()
    {
        var cabinet = await QuietCabinetAsync();
        await _runs.ExecuteAsync("UPDATE rag_index_status SET last_catch_up_at = NULL WHERE cabinet_id = $1", cabinet);
        await _runs.ExecuteAsync("INSERT INTO wb_sync_cursors (cabinet_id, entity) VALUES ($1, 'orders')", cabinet);
        Assert.Null(await DueAsync(cabinet));
        await _runs.ExecuteAsync("DELETE FROM wb_sync_cursors WHERE cabinet_id = $1", cabinet);
        Assert.Equal(SweepReason.CatchUp, (await DueAsync(cabinet))!.Reason);
    }

    [Fact]
    [Trait("Guarantee", "sweep")]
    public async Task With_complete_change_capture_nobody_catches_up()
    {
        // A database of its own: triggers are for all cabinets.
        await using var own = new DatabaseFixture();
        await own.InitializeAsync();
        using var runs = new RunsHarness(own);
        var cabinet = await runs.IndexedCabinetAsync();
        await runs.ExecuteAsync("UPDATE rag_index_status SET last_catch_up_at = NULL WHERE cabinet_id = $1", cabinet);
        await ChangeCapture.InstallAsync(own.Source, RunsHarness.Cancel);
        Assert.Null(await DueAsync(cabinet, runs));
        await runs.ExecuteAsync("DROP TRIGGER rag_capture_delete ON wb_sales");
        Assert.Equal(SweepReason.CatchUp, (await DueAsync(cabinet, runs))!.Reason);
    }

    [Fact]
    [Trait("Guarantee", "sweep")]
    public async Task Without_the_syncs_tables_cabinets_still_catch_up()
    {
        await using var own = new DatabaseFixture();
        await own.InitializeAsync();
        using var runs = new RunsHarness(own);
        var cabinet = await runs.IndexedCabinetAsync();
        await runs.ExecuteAsync("UPDATE rag_index_status SET last_catch_up_at = NULL WHERE cabinet_id = $1", cabinet);
        await own.Source.ExecuteAsync("DROP TABLE wb_sync_cursors CASCADE");
        Assert.Equal(SweepReason.CatchUp, (await DueAsync(cabinet, runs))!.Reason);

        var run = Guid.NewGuid();
        var start = await runs.BeginAsync(cabinet, run);
        Assert.Equal(BeginStatus.Started, start.Status);
        await runs.FinishAsync(cabinet, run, start);
        await runs.ExecuteAsync("UPDATE rag_index_status SET last_catch_up_at = NULL WHERE cabinet_id = $1", cabinet);
        await ChangeCapture.InstallAsync(own.Source, RunsHarness.Cancel);
        Assert.Null(await DueAsync(cabinet, runs));
    }

    [Fact]
    [Trait("Guarantee", "sweep")]
    [Trait("Defect", "8")]
    public async Task Another_renderer_version_starts_full_runs_spread_by_cabinet()
    {
        using var spread = new RunsHarness(fixture, ("Runs:RendererSpreadMinutes", "240"));
        var cabinet = await QuietCabinetAsync();
        await _runs.ExecuteAsync("UPDATE rag_index_status SET full_renderer_version = full_renderer_version - 1 WHERE cabinet_id = $1", cabinet);
        var minutes = new List<DateTimeOffset>();
        for (var i = 0; i < 240; i++)
        {
            if (RendererRollout.IsDue(cabinet, spread.Time.GetUtcNow(), new RunsOptions()))
            {
                minutes.Add(spread.Time.GetUtcNow());
                Assert.Equal(new DueCabinet(cabinet, SweepReason.Renderer, RunMode.Full), await DueAsync(cabinet, spread));
            }
            else if (minutes.Count == 0 && i % 60 == 0)
            {
                Assert.Null(await DueAsync(cabinet, spread));
            }

            spread.Time.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.Single(minutes);
    }

    [Fact]
    public void The_minutes_of_many_cabinets_are_spread_evenly()
    {
        var options = new RunsOptions();
        var now = DateTimeOffset.UnixEpoch;
        var counts = Enumerable.Range(0, 240)
            .Select(minute => Enumerable.Range(1, 2_400).Count(id => RendererRollout.IsDue(id, now.AddMinutes(minute), options))).ToList();
        Assert.Equal(2_400, counts.Sum());
        Assert.InRange(counts.Max(), 10, 25);
    }

    [Fact]
    [Trait("Fault", "4")]
    [Trait("Guarantee", "one-table")]
    public async Task A_cabinet_that_cannot_be_hidden_keeps_no_other_from_its_turn()
    {
        var (broken, hidden, due) = (await QuietCabinetAsync(), await QuietCabinetAsync(), await QuietCabinetAsync());
        await _runs.ExecuteAsync("UPDATE wb_cabinets SET is_active = false WHERE id IN ($1, $2)", broken, hidden);
        await _runs.QueueAsync(due, 1);
        await _runs.ExecuteAsync($"ALTER TABLE rag_index_status ADD CONSTRAINT shown CHECK (cabinet_id <> {broken} OR is_active) NOT VALID");
        try
        {
            await Assert.ThrowsAsync<AggregateException>(() => _runs.Get<CabinetSweep>().RunAsync(RunsHarness.Cancel));
        }
        finally
        {
            await _runs.ExecuteAsync("ALTER TABLE rag_index_status DROP CONSTRAINT shown");
        }

        Assert.False(await _runs.StatusAsync<bool>(hidden, "is_active"));
        Assert.Contains(due, _runs.Starter.Started);
    }

    [Fact]
    public async Task A_renderer_s_full_run_is_stored_beyond_its_minute()
    {
        var cabinet = await QuietCabinetAsync();
        await _runs.ExecuteAsync("UPDATE rag_index_status SET full_renderer_version = full_renderer_version - 1 WHERE cabinet_id = $1", cabinet);
        await _runs.Get<CabinetSweep>().RunAsync(RunsHarness.Cancel);
        Assert.Equal("full_rebuild", await _runs.StatusAsync<string?>(cabinet, "requested_mode"));
        Assert.Contains(cabinet, _runs.Starter.Started);
    }

    [Fact]
    [Trait("Fault", "2")]
    public async Task A_cabinet_without_a_full_run_for_eight_days_is_rebuilt()
    {
        var cabinet = await QuietCabinetAsync();
        await _runs.ExecuteAsync("UPDATE rag_index_status SET full_completed_at = clock_timestamp() - interval '7 days 23 hours' WHERE cabinet_id = $1", cabinet);
        Assert.Null(await DueAsync(cabinet));
        await _runs.ExecuteAsync("UPDATE rag_index_status SET full_completed_at = clock_timestamp() - interval '8 days' WHERE cabinet_id = $1", cabinet);
        Assert.Equal(new DueCabinet(cabinet, SweepReason.Overdue, RunMode.Full), await DueAsync(cabinet));
        await _runs.Get<CabinetSweep>().RunAsync(RunsHarness.Cancel);
        Assert.Equal("full_rebuild", await _runs.StatusAsync<string>(cabinet, "requested_mode"));
    }

    [Fact]
    [Trait("Guarantee", "sweep")]
    public async Task A_cabinet_that_waits_or_runs_is_not_started()
    {
        var waiting = await QuietCabinetAsync();
        await _runs.QueueAsync(waiting, 1);
        await _runs.ExecuteAsync("UPDATE rag_index_status SET not_before = clock_timestamp() + interval '1 hour' WHERE cabinet_id = $1", waiting);
        Assert.Null(await DueAsync(waiting));
        await _runs.ExecuteAsync("UPDATE rag_index_status SET not_before = clock_timestamp() WHERE cabinet_id = $1", waiting);
        Assert.NotNull(await DueAsync(waiting));

        var running = await QuietCabinetAsync();
        await _runs.QueueAsync(running, 1);
        await _runs.BeginAsync(running, Guid.NewGuid());
        Assert.Null(await DueAsync(running));
        await _runs.ExecuteAsync("UPDATE rag_index_status SET lease_expires_at = clock_timestamp() - interval '1 ms' WHERE cabinet_id = $1", running);
        Assert.NotNull(await DueAsync(running));
    }

    [Fact]
    [Trait("Guarantee", "sweep")]
    public async Task A_deactivated_cabinet_is_hidden_a_reactivated_one_fully_indexed()
    {
        var cabinet = await QuietCabinetAsync();
        await _runs.QueueAsync(cabinet, 1);
        await _runs.ExecuteAsync("UPDATE wb_cabinets SET is_active = false WHERE id = $1", cabinet);
        await _runs.Get<CabinetSweep>().RunAsync(RunsHarness.Cancel);
        Assert.DoesNotContain(cabinet, _runs.Starter.Started);
        Assert.False(await _runs.StatusAsync<bool>(cabinet, "is_active"));
        Assert.Equal(0, await _runs.ScalarAsync<long>("SELECT count(*) FROM rag_changes WHERE cabinet_id = $1", cabinet));
        await _runs.ExecuteAsync("UPDATE wb_cabinets SET is_active = true WHERE id = $1", cabinet);
        Assert.Equal(new DueCabinet(cabinet, SweepReason.Reactivated, RunMode.Full), await DueAsync(cabinet));
    }

    [Theory]
    [Trait("Guarantee", "sweep")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_queued_of_an_inactive_cabinet_is_dropped_at_every_sweep(bool wasIndexed)
    {
        var cabinet = wasIndexed ? await QuietCabinetAsync() : await fixture.AddCabinetAsync();
        await _runs.ExecuteAsync("UPDATE wb_cabinets SET is_active = false WHERE id = $1", cabinet);
        for (var sweep = 0; sweep < 2; sweep++)
        {
            await _runs.QueueAsync(cabinet, 1);
            await _runs.Get<CabinetSweep>().RunAsync(RunsHarness.Cancel);
            Assert.Equal(0, await _runs.ScalarAsync<long>("SELECT count(*) FROM rag_changes WHERE cabinet_id = $1", cabinet));
        }

        Assert.DoesNotContain(cabinet, _runs.Starter.Started);
    }

    [Fact]
    [Trait("Guarantee", "sweep")]
    public async Task A_start_that_fails_stops_no_other_start()
    {
        var one = await fixture.AddCabinetAsync();
        var two = await fixture.AddCabinetAsync();
        _runs.Starter.Failure = new InvalidOperationException("the task hub is away");
        var due = await _runs.Get<CabinetSweep>().RunAsync(RunsHarness.Cancel);
        Assert.Contains(due, cabinet => cabinet.CabinetId == one);
        Assert.Contains(one, _runs.Starter.Started);
        Assert.Contains(two, _runs.Starter.Started);
    }

    private async Task<long> QuietCabinetAsync()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.ExecuteAsync("UPDATE rag_index_status SET last_catch_up_at = clock_timestamp() WHERE cabinet_id = $1", cabinet);
        return cabinet;
    }

    private async Task<DueCabinet?> DueAsync(long cabinet, RunsHarness? runs = null) =>
        (await (runs ?? _runs).Get<SweepQuery>().FindAsync(RunsHarness.Cancel)).Due.SingleOrDefault(due => due.CabinetId == cabinet);
}
