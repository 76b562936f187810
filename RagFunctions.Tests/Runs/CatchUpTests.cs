using RagFunctions.Core;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Migrations.Main;
using RagFunctions.Core.Runs;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Runs;

public sealed class CatchUpTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>, IDisposable
{
    private readonly RunsHarness _runs = new(fixture);

    public void Dispose() => _runs.Dispose();

    [Fact]
    [Trait("Guarantee", "no-lost-change")]
    public async Task Only_rows_created_or_updated_since_the_last_look_are_queued()
    {
        var cabinet = await DueCabinetAsync("10 min");
        var old = await OrderAsync(cabinet, created: "2 days", updated: "1 day");
        var never = await OrderAsync(cabinet, created: "2 days", updated: null);
        var updated = await OrderAsync(cabinet, created: "2 days", updated: "5 min");
        var created = await OrderAsync(cabinet, created: "5 min", updated: null);
        Assert.Equal(RunMode.CatchUp, (await _runs.BeginAsync(cabinet, Guid.NewGuid())).Mode);
        Assert.Equal([updated, created], await QueuedAsync(cabinet));
        Assert.DoesNotContain(old, await QueuedAsync(cabinet));
        Assert.DoesNotContain(never, await QueuedAsync(cabinet));
    }

    [Fact]
    [Trait("Guarantee", "no-lost-change")]
    public async Task A_row_committed_after_the_last_look_is_found_within_the_overlap()
    {
        var cabinet = await DueCabinetAsync("10 min");
        var late = await OrderAsync(cabinet, created: "65 min", updated: null);
        var tooLate = await OrderAsync(cabinet, created: "75 min", updated: null);
        await _runs.BeginAsync(cabinet, Guid.NewGuid());
        Assert.Equal([late], await QueuedAsync(cabinet));
        Assert.NotEqual(late, tooLate);
    }

    [Fact]
    public async Task All_five_tables_are_looked_at_and_other_cabinets_are_not()
    {
        var other = await fixture.AddCabinetAsync();
        await OrderAsync(other, "1 min", null);
        var cabinet = await DueCabinetAsync("10 min");
        await OrderAsync(cabinet, "1 min", null);
        await _runs.ExecuteAsync("INSERT INTO wb_products (cabinet_id, nm_id) VALUES ($1, 1)", cabinet);
        await _runs.ExecuteAsync("INSERT INTO wb_stocks (cabinet_id, nm_id) VALUES ($1, 1)", cabinet);
        await _runs.ExecuteAsync("INSERT INTO wb_reviews (cabinet_id, review_id) VALUES ($1, 'r')", cabinet);
        await _runs.ExecuteAsync("INSERT INTO wb_sales (cabinet_id, nm_id, sale_id, type) VALUES ($1, 1, 's', 'buyout')", cabinet);
        await _runs.BeginAsync(cabinet, Guid.NewGuid());
        Assert.Equal(
            "wb_orders,wb_products,wb_reviews,wb_sales,wb_stocks",
            await _runs.ScalarAsync<string>("SELECT string_agg(source_table, ',' ORDER BY source_table) FROM rag_changes WHERE cabinet_id = $1", cabinet));
        Assert.Empty(await QueuedAsync(other));
    }

    [Fact]
    [Trait("Guarantee", "no-lost-change")]
    public async Task A_queued_row_is_due_anew_and_keeps_its_age()
    {
        var cabinet = await DueCabinetAsync("10 min");
        var order = await OrderAsync(cabinet, "1 min", null);
        await _runs.QueueAsync(cabinet, order, nextAttempt: "6 hours");
        await _runs.ExecuteAsync("UPDATE rag_changes SET first_changed_at = '2026-01-01' WHERE cabinet_id = $1", cabinet);
        var version = await _runs.ScalarAsync<long>("SELECT version FROM rag_changes WHERE cabinet_id = $1", cabinet);
        await _runs.BeginAsync(cabinet, Guid.NewGuid());
        Assert.True(await _runs.ScalarAsync<bool>("SELECT version > $2 AND next_attempt_at IS NULL AND first_changed_at = '2026-01-01' FROM rag_changes WHERE cabinet_id = $1", cabinet, version));
    }

    [Theory]
    [Trait("Guarantee", "no-lost-change")]
    [InlineData(true, RunMode.CatchUp)]
    [InlineData(false, RunMode.Full)]
    public async Task A_catch_up_begins_at_the_watermark_or_becomes_a_full_run(bool hasWatermark, RunMode mode)
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        if (!hasWatermark)
        {
            await _runs.ExecuteAsync("UPDATE rag_index_status SET catch_up_from = NULL WHERE cabinet_id = $1", cabinet);
        }

        await _runs.Get<IndexRequests>().StoreAsync(cabinet, RunMode.CatchUp, false, RunsHarness.Cancel);

        Assert.Equal(mode, (await _runs.BeginAsync(cabinet, Guid.NewGuid())).Mode);
    }

    [Fact]
    [Trait("Guarantee", "no-lost-change")]
    public async Task The_watermark_moves_only_on_success_to_before_the_first_read()
    {
        var cabinet = await DueCabinetAsync("10 min");
        var before = await _runs.StatusAsync<DateTime?>(cabinet, "catch_up_from");
        var failed = Guid.NewGuid();
        await _runs.FinishAsync(cabinet, failed, await _runs.BeginAsync(cabinet, failed), applyFailed: true);
        Assert.Equal(before, await _runs.StatusAsync<DateTime?>(cabinet, "catch_up_from"));

        var run = Guid.NewGuid();
        var start = await _runs.BeginAsync(cabinet, run);
        Assert.Equal(RunMode.CatchUp, start.Mode);
        var opened = await _runs.ScalarAsync<DateTime>("SELECT clock_timestamp()");
        await _runs.ExecuteAsync("DELETE FROM rag_changes WHERE cabinet_id = $1", cabinet);
        await _runs.FinishAsync(cabinet, run, start);
        var after = await _runs.StatusAsync<DateTime?>(cabinet, "catch_up_from");
        Assert.True(after > before);
        Assert.True(after < opened);
    }

    [Fact]
    public async Task An_incremental_run_leaves_the_watermark_alone()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        var before = await _runs.StatusAsync<DateTime?>(cabinet, "catch_up_from");
        Assert.NotNull(before);
        await _runs.RunAsync(cabinet);
        Assert.Equal(before, await _runs.StatusAsync<DateTime?>(cabinet, "catch_up_from"));
    }

    [Fact]
    public async Task A_full_run_sets_the_watermark_too()
    {
        var cabinet = await DueCabinetAsync("3 days");
        await _runs.Get<IndexRequests>().StoreAsync(cabinet, RunMode.Full, false, RunsHarness.Cancel);
        await _runs.RunAsync(cabinet);
        Assert.True(await _runs.StatusAsync<bool>(cabinet, "catch_up_from > clock_timestamp() - interval '1 hour'"));
    }

    [Fact]
    public async Task With_captured_changes_nothing_catches_up_by_itself_but_a_request_does()
    {
        await using var database = await TestDatabase.CreateAsync();
        await ChangeCapture.InstallAsync(database.Source, RunsHarness.Cancel);
        var facts = new SourceFactsReader(database.Main);
        await using (var command = database.Source.CreateCommand("INSERT INTO wb_cabinets (id, api_key, name) VALUES (1, 'k', 'n')"))
        {
            await command.ExecuteNonQueryAsync(RunsHarness.Cancel);
        }

        Assert.Equal(ChangeSource.Capture, (await facts.ReadAsync(1, RunsHarness.Cancel)).Kind);
        await ChangeCapture.RemoveAsync(database.Source, RunsHarness.Cancel);
        Assert.Equal(ChangeSource.CatchUp, (await facts.ReadAsync(1, RunsHarness.Cancel)).Kind);
        await using (var command = database.Source.CreateCommand(
            "CREATE TABLE IF NOT EXISTS wb_sync_cursors (cabinet_id bigint, entity text); INSERT INTO wb_sync_cursors (cabinet_id, entity) VALUES (1, 'orders')"))
        {
            await command.ExecuteNonQueryAsync(RunsHarness.Cancel);
        }

        Assert.Equal(ChangeSource.Sync, (await facts.ReadAsync(1, RunsHarness.Cancel)).Kind);
        Assert.Equal(ChangeSource.CatchUp, (await facts.ReadAsync(2, RunsHarness.Cancel)).Kind);
    }

    private async Task<long> DueCabinetAsync(string watermark)
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.ExecuteAsync(
            """
            UPDATE rag_index_status SET catch_up_from = clock_timestamp() - $2::interval, last_catch_up_at = clock_timestamp() - interval '1 day'
            WHERE cabinet_id = $1
            """, cabinet, watermark);
        return cabinet;
    }

    private Task<long> OrderAsync(long cabinet, string created, string? updated) => _runs.ScalarAsync<long>(
        """
        INSERT INTO wb_orders (cabinet_id, nm_id, created_at, updated_at)
        VALUES ($1, 1, clock_timestamp() - $2::interval, clock_timestamp() - $3::interval) RETURNING id
        """, cabinet, created, (object?)updated ?? DBNull.Value);

    private async Task<long[]> QueuedAsync(long cabinet) => await _runs.ScalarAsync<long[]>(
        "SELECT COALESCE(array_agg(source_id ORDER BY source_id), '{}') FROM rag_changes WHERE cabinet_id = $1", cabinet);
}
