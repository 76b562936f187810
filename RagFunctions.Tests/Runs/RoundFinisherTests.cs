using RagFunctions.Core;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Store;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Runs;

public sealed class RoundFinisherTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>, IDisposable
{
    private readonly RunsHarness _runs = new(fixture);

    public void Dispose() => _runs.Dispose();

    [Fact]
    [Trait("Guarantee", "one-run")]
    [Trait("Defect", "49")]
    public async Task Closing_a_round_twice_books_it_once_and_gives_the_same_answer()
    {
        var (cabinet, run, start) = await BegunAsync();
        var totals = new RoundTotals { RowsRead = 10, New = 4, Tokens = 500, Requests = 1, Inputs = 4, Error = "one" };
        var first = await _runs.FinishAsync(cabinet, run, start, totals: totals);
        var second = await _runs.FinishAsync(cabinet, run, start, totals: totals);
        Assert.Equal(new FinishRoundResult(false, RunOutcome.Completed), first);
        Assert.Equal(first, second);
        Assert.Equal(10, await _runs.RunColumnAsync<long>(run, "rows_read"));
        Assert.Equal(500, await _runs.RunColumnAsync<long>(run, "embedding_tokens"));
    }

    [Fact]
    [Trait("Guarantee", "one-run")]
    public async Task A_late_repeat_of_an_earlier_round_answers_again_and_touches_nothing()
    {
        var (cabinet, run, first) = await BegunAsync();
        await _runs.QueueAsync(cabinet, 1);
        await _runs.FinishAsync(cabinet, run, first, totals: new RoundTotals { New = 1 });
        var second = await _runs.BeginAsync(cabinet, run, 2);
        Assert.Equal(new FinishRoundResult(true, RunOutcome.Completed), await _runs.FinishAsync(cabinet, run, first, totals: new RoundTotals { New = 1 }));
        Assert.Equal(second.Token, await _runs.StatusAsync<long>(cabinet, "lease_token"));
        Assert.Equal(1, await _runs.RunColumnAsync<long>(run, "chunks_new"));
    }

    [Fact]
    [Trait("Defect", "62")]
    public async Task The_totals_of_all_rounds_add_up_and_are_priced()
    {
        var (cabinet, run, first) = await BegunAsync();
        await _runs.QueueAsync(cabinet, 1);
        Assert.True((await _runs.FinishAsync(cabinet, run, first, totals: new RoundTotals { New = 2, Tokens = 1_000_000, Usd = 0.02m, ReadMs = 5 })).Again);
        await _runs.ExecuteAsync("DELETE FROM rag_changes WHERE cabinet_id = $1", cabinet);
        var second = await _runs.BeginAsync(cabinet, run, 2);
        Assert.False((await _runs.FinishAsync(cabinet, run, second, 2, new RoundTotals { New = 3, Tokens = 500_000, Usd = 0.01m, ReadMs = 7 })).Again);
        Assert.Equal((5L, 12L, 2), (
            await _runs.RunColumnAsync<long>(run, "chunks_new"), await _runs.RunColumnAsync<long>(run, "read_ms"), await _runs.RunColumnAsync<int>(run, "rounds")));
        Assert.Equal(0.03m, await _runs.RunColumnAsync<decimal>(run, "cost_usd"));
    }

    [Fact]
    [Trait("Defect", "33")]
    public async Task Due_changes_due_chunks_or_a_request_bring_another_round()
    {
        var (queued, run1, start1) = await BegunAsync();
        await _runs.QueueAsync(queued, 1);
        Assert.True((await _runs.FinishAsync(queued, run1, start1)).Again);
        Assert.Equal("in_progress", await _runs.StatusAsync<string>(queued, "indexing_status"));

        var (pending, run2, start2) = await BegunAsync();
        await _runs.ChunkAsync(pending, 1, pending: true);
        Assert.True((await _runs.FinishAsync(pending, run2, start2)).Again);

        var (requested, run3, start3) = await BegunAsync();
        await _runs.Get<IndexRequests>().StoreAsync(requested, RunMode.CatchUp, false, RunsHarness.Cancel);
        Assert.True((await _runs.FinishAsync(requested, run3, start3)).Again);
    }

    [Fact]
    public async Task Changes_of_a_cabinet_read_for_the_first_time_wait_for_its_sync()
    {
        var (cabinet, run, start) = await BegunAsync();
        await _runs.QueueAsync(cabinet, 1);
        await _runs.ExecuteAsync("UPDATE wb_cabinets SET created_at = now() WHERE id = $1", cabinet);
        await _runs.ExecuteAsync("INSERT INTO wb_sync_cursors (cabinet_id, entity, last_success_at) VALUES ($1, 'cards', now())", cabinet);
        Assert.False((await _runs.FinishAsync(cabinet, run, start)).Again);
    }

    [Fact]
    public async Task What_waits_for_its_next_attempt_brings_no_other_round()
    {
        var (cabinet, run, start) = await BegunAsync();
        await _runs.QueueAsync(cabinet, 1, nextAttempt: "1 hour");
        await _runs.ChunkAsync(cabinet, 1, pending: true, nextAttempt: "1 hour");
        Assert.Equal(new FinishRoundResult(false, RunOutcome.Completed), await _runs.FinishAsync(cabinet, run, start));
        Assert.Equal(1, await _runs.RunColumnAsync<long>(run, "pending_chunks"));
    }

    [Fact]
    public async Task The_last_round_ends_the_run_although_more_is_due()
    {
        var (cabinet, run, start) = await BegunAsync();
        await _runs.QueueAsync(cabinet, 1);
        Assert.Equal(new FinishRoundResult(false, RunOutcome.Completed), await _runs.FinishAsync(cabinet, run, start, lastRound: true));
        Assert.Null(await _runs.StatusAsync<string?>(cabinet, "lease_owner"));
    }

    [Fact]
    public async Task The_end_releases_the_lease_and_another_owner_starts_at_once()
    {
        var (cabinet, run, start) = await BegunAsync();
        await _runs.FinishAsync(cabinet, run, start);
        Assert.Equal(BeginStatus.Started, (await _runs.BeginAsync(cabinet, Guid.NewGuid(), owner: "cli:b")).Status);
    }

    [Fact]
    [Trait("Guarantee", "one-run")]
    public async Task A_round_that_is_over_cannot_be_opened_again()
    {
        var (cabinet, run, start) = await BegunAsync();
        await _runs.FinishAsync(cabinet, run, start);
        Assert.Equal(BeginStatus.Busy, (await _runs.BeginAsync(cabinet, run)).Status);
        Assert.Null(await _runs.StatusAsync<string?>(cabinet, "lease_owner"));
    }

    [Fact]
    [Trait("Guarantee", "request-kept")]
    public async Task A_request_asked_for_during_a_run_survives_its_end()
    {
        var (cabinet, run, start) = await BegunAsync();
        await _runs.Get<IndexRequests>().StoreAsync(cabinet, RunMode.Full, true, RunsHarness.Cancel);
        var end = await _runs.FinishAsync(cabinet, run, start, lastRound: true);
        Assert.False(end.Again);
        Assert.Equal("full_rebuild", await _runs.StatusAsync<string?>(cabinet, "requested_mode"));
        Assert.True(await _runs.StatusAsync<bool>(cabinet, "allow_mass_delete"));
    }

    [Fact]
    public async Task A_full_rebuild_requested_meanwhile_happens_in_the_next_round()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        var run = Guid.NewGuid();
        var first = await _runs.BeginAsync(cabinet, run);
        Assert.Equal(RunMode.Incremental, first.Mode);
        await _runs.Get<IndexRequests>().StoreAsync(cabinet, RunMode.Full, false, RunsHarness.Cancel);
        Assert.True((await _runs.FinishAsync(cabinet, run, first)).Again);
        var second = await _runs.BeginAsync(cabinet, run, 2);
        Assert.Equal(RunMode.Full, second.Mode);
        Assert.False((await _runs.FinishAsync(cabinet, run, second, 2)).Again);
        Assert.Null(await _runs.StatusAsync<string?>(cabinet, "requested_mode"));
        Assert.Equal("full_rebuild", await _runs.RunColumnAsync<string>(run, "mode"));
    }

    [Fact]
    [Trait("Guarantee", "request-kept")]
    public async Task A_served_request_is_cleared_with_its_leave_to_delete()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.Get<IndexRequests>().StoreAsync(cabinet, RunMode.Full, true, RunsHarness.Cancel);
        await _runs.RunAsync(cabinet);
        Assert.Null(await _runs.StatusAsync<string?>(cabinet, "requested_mode"));
        Assert.False(await _runs.StatusAsync<bool>(cabinet, "allow_mass_delete"));
    }

    [Fact]
    [Trait("Guarantee", "request-kept")]
    [Trait("Defect", "39")]
    [Trait("Defect", "44")]
    public async Task A_full_run_with_a_failed_range_counts_as_not_done()
    {
        var (cabinet, run, start) = await BegunAsync();
        var end = await _runs.FinishAsync(cabinet, run, start, applyFailed: true, totals: new RoundTotals { Error = "lock timeout" });
        Assert.Equal((false, RunOutcome.CompletedWithErrors), (end.Again, end.Outcome));
        Assert.True(await _runs.StatusAsync<bool>(cabinet, "not_before > clock_timestamp()"), "everything would be read again every minute");
        Assert.Equal("full_rebuild", await _runs.StatusAsync<string?>(cabinet, "requested_mode"));
        Assert.Null(await _runs.StatusAsync<DateTime?>(cabinet, "full_completed_at"));
        Assert.Null(await _runs.StatusAsync<DateTime?>(cabinet, "last_indexed_at"));
        Assert.Null(await _runs.StatusAsync<DateTime?>(cabinet, "catch_up_from"));
        Assert.Equal("lock timeout", await _runs.StatusAsync<string?>(cabinet, "last_error"));
        await _runs.ExecuteAsync("UPDATE rag_index_status SET not_before = NULL WHERE cabinet_id = $1", cabinet);
        Assert.Equal(RunMode.Full, (await _runs.BeginAsync(cabinet, Guid.NewGuid())).Mode);
    }

    [Fact]
    [Trait("Defect", "11")]
    public async Task Only_a_full_run_stamps_last_indexed_at()
    {
        var (cabinet, run, start) = await BegunAsync();
        await _runs.FinishAsync(cabinet, run, start);
        var full = await _runs.StatusAsync<DateTime?>(cabinet, "last_indexed_at");
        var incremental = await _runs.StatusAsync<DateTime?>(cabinet, "last_incremental_at");
        Assert.NotNull(full);
        Assert.NotNull(incremental);
        Assert.Equal(ChunkRenderer.Version, await _runs.StatusAsync<int>(cabinet, "full_renderer_version"));
        await _runs.RunAsync(cabinet);
        Assert.Equal(full, await _runs.StatusAsync<DateTime?>(cabinet, "last_indexed_at"));
        Assert.True(await _runs.StatusAsync<DateTime?>(cabinet, "last_incremental_at") > incremental);
    }

    [Fact]
    [Trait("Defect", "12")]
    [Trait("Defect", "62")]
    public async Task Chunks_are_counted_and_all_enter_the_naive_cost()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.ChunkAsync(cabinet, 1, text: new string('a', 300));
        await _runs.ChunkAsync(cabinet, 2, text: new string('ы', 600));
        var run = Guid.NewGuid();
        await _runs.FinishAsync(cabinet, run, await _runs.BeginAsync(cabinet, run), totals: new RoundTotals { New = 1, Inputs = 1, Tokens = 20 });
        Assert.Equal(2, await _runs.StatusAsync<long>(cabinet, "total_chunks"));
        Assert.Equal((2L, 2L, 500L), (
            await _runs.RunColumnAsync<long>(run, "total_chunks"), await _runs.RunColumnAsync<long>(run, "naive_inputs"), await _runs.RunColumnAsync<long>(run, "naive_tokens")));
        Assert.Equal(0.00001m, await _runs.RunColumnAsync<decimal>(run, "naive_cost_usd"));
    }

    [Theory]
    [Trait("Defect", "5")]
    [InlineData(1, 0, 0)]
    [InlineData(0, 1, 0)]
    [InlineData(0, 0, 1)]
    public async Task Failed_rows_chunks_or_batches_end_a_run_as_completed_with_errors(int rows, int chunks, int batches)
    {
        var (cabinet, run, start) = await BegunAsync();
        var end = await _runs.FinishAsync(
            cabinet, run, start, totals: new RoundTotals { FailedRows = rows, FailedChunks = chunks, FailedBatches = batches, Error = "why" });
        Assert.Equal(new FinishRoundResult(false, RunOutcome.CompletedWithErrors), end);
        Assert.Equal(("completed", RunOutcome.CompletedWithErrors, "why"), await OutcomeAsync(cabinet));
    }

    [Fact]
    public async Task A_row_that_failed_in_an_earlier_round_shows_in_the_outcome()
    {
        var (cabinet, run, first) = await BegunAsync();
        await _runs.QueueAsync(cabinet, 1);
        await _runs.FinishAsync(cabinet, run, first, totals: new RoundTotals { FailedRows = 1 });
        await _runs.ExecuteAsync("DELETE FROM rag_changes WHERE cabinet_id = $1", cabinet);
        var second = await _runs.BeginAsync(cabinet, run, 2);
        Assert.Equal(RunOutcome.CompletedWithErrors, (await _runs.FinishAsync(cabinet, run, second, 2)).Outcome);
    }

    [Fact]
    public async Task A_blocked_entity_names_itself_and_both_numbers()
    {
        var (cabinet, run, start) = await BegunAsync();
        var end = await _runs.FinishAsync(cabinet, run, start, totals: new RoundTotals { Blocked = [new BlockedEntity(Entity.Orders, 300, 12)] });
        Assert.Equal(new FinishRoundResult(false, RunOutcome.Blocked), end);
        Assert.Equal(
            ("completed", RunOutcome.Blocked, "mass deletion held back: orders (index 300 rows, source still offers 12)"), await OutcomeAsync(cabinet));
        Assert.Equal(
            """[{"entity": "orders", "indexed_rows": 300, "eligible_rows": 12}]""", await _runs.RunColumnAsync<string>(run, "blocked::text"));
    }

    [Fact]
    public async Task A_waiting_provider_ends_the_run_and_holds_back_the_embedding_alone()
    {
        var (cabinet, run, start) = await BegunAsync();
        await _runs.ChunkAsync(cabinet, 1, pending: true);
        var at = DateTimeOffset.UtcNow.AddMinutes(30);
        var end = await _runs.FinishAsync(cabinet, run, start, retryAt: at);
        Assert.Equal(new FinishRoundResult(false, RunOutcome.Waiting, null, end.Wait, at), end);
        Assert.InRange(end.Wait!.Value, TimeSpan.FromMinutes(29), TimeSpan.FromMinutes(31));
        Assert.Equal(("pending", RunOutcome.Waiting), (await _runs.StatusAsync<string>(cabinet, "indexing_status"), await _runs.StatusAsync<string>(cabinet, "last_outcome")));
        Assert.True(await _runs.StatusAsync<bool>(cabinet, "not_before IS NULL AND embedding_not_before > clock_timestamp() + interval '29 min'"));
        Assert.Null(await _runs.StatusAsync<DateTime?>(cabinet, "last_indexed_at"));
        await _runs.ExecuteAsync("UPDATE rag_metadata SET embedded_hash = chunk_hash WHERE cabinet_id = $1", cabinet);
        var next = Guid.NewGuid();
        var again = await _runs.BeginAsync(cabinet, next);
        Assert.Equal(RunMode.Incremental, again.Mode);
        await _runs.FinishAsync(cabinet, next, again);
        Assert.NotNull(await _runs.StatusAsync<DateTime?>(cabinet, "last_indexed_at"));
    }

    [Fact]
    public async Task The_same_run_goes_on_after_a_wait()
    {
        var (cabinet, run, start) = await BegunAsync();
        await _runs.FinishAsync(cabinet, run, start, retryAt: DateTimeOffset.UtcNow.AddSeconds(-1));
        var second = await _runs.BeginAsync(cabinet, run, 2);
        Assert.Equal(BeginStatus.Started, second.Status);
        Assert.Null(await _runs.RunColumnAsync<DateTime?>(run, "finished_at"));
        Assert.Equal(RunOutcome.Completed, (await _runs.FinishAsync(cabinet, run, second, 2)).Outcome);
    }

    [Fact]
    public async Task A_configuration_error_fails_the_run_and_pauses_the_embedding()
    {
        var (cabinet, run, start) = await BegunAsync();
        await _runs.ChunkAsync(cabinet, 1, pending: true);
        Assert.Equal(RunOutcome.Failed, (await _runs.FinishAsync(cabinet, run, start, stopError: "401: key refused")).Outcome);
        Assert.Equal(("failed", RunOutcome.Failed, "401: key refused"), await OutcomeAsync(cabinet));
        Assert.True(await _runs.StatusAsync<bool>(cabinet, "not_before IS NULL AND embedding_not_before > clock_timestamp() AND embedding_error = '401: key refused'"));
        Assert.Equal("401: key refused", await _runs.RunColumnAsync<string>(run, "last_error"));
    }

    [Fact]
    public async Task A_full_run_ends_with_a_comparison_and_keeps_what_it_found()
    {
        _runs.Verifier.Answer = new VerifiedCounts(1, 2, 3, 4);
        var (cabinet, run, start) = await BegunAsync();
        _runs.Time.Advance(TimeSpan.FromHours(1));
        await _runs.FinishAsync(cabinet, run, start);
        Assert.Equal(start.AsOf, _runs.Verifier.AsOf, TimeSpan.FromMilliseconds(1));
        Assert.Equal((1L, 2L, 3L, 4L), (
            await _runs.RunColumnAsync<long>(run, "verify_missing"), await _runs.RunColumnAsync<long>(run, "verify_stale"),
            await _runs.RunColumnAsync<long>(run, "verify_surplus"), await _runs.RunColumnAsync<long>(run, "verify_pending")));
        await _runs.RunAsync(cabinet);
        Assert.Equal(1, _runs.Verifier.Calls);
    }

    [Fact]
    public async Task The_row_of_a_purged_cabinet_is_not_needed_to_close()
    {
        var (cabinet, run, start) = await BegunAsync();
        await _runs.ExecuteAsync("DELETE FROM rag_index_status WHERE cabinet_id = $1", cabinet);
        Assert.Equal(new FinishRoundResult(false, RunOutcome.Superseded), await _runs.FinishAsync(cabinet, run, start));
    }

    private async Task<(long Cabinet, Guid Run, BeginRoundResult Start)> BegunAsync()
    {
        var cabinet = await fixture.AddCabinetAsync();
        var run = Guid.NewGuid();
        return (cabinet, run, await _runs.BeginAsync(cabinet, run));
    }

    private async Task<(string Status, string Outcome, string Error)> OutcomeAsync(long cabinet) => (
        await _runs.StatusAsync<string>(cabinet, "indexing_status"), await _runs.StatusAsync<string>(cabinet, "last_outcome"),
        await _runs.StatusAsync<string>(cabinet, "last_error"));
}
