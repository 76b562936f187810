using RagFunctions.Core;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Status;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Runs;

public sealed class IndexStatusTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>, IDisposable
{
    private readonly RunsHarness _runs = new(fixture);

    public void Dispose() => _runs.Dispose();

    [Fact]
    [Trait("Defect", "51")]
    public async Task A_never_indexed_cabinet_is_not_found_and_shows_what_waits()
    {
        var cabinet = await fixture.AddCabinetAsync();
        await _runs.QueueAsync(cabinet, 1);
        var status = await ReadAsync(cabinet);
        Assert.Equal(("not_found", null, false, 0L, 1L), (status.Status, status.IndexingStatus, status.IsIndexing, status.TotalChunks, status.Queued));
        Assert.Equal(("catch_up", true), (status.ChangeSource, status.IsActive));
    }

    [Fact]
    [Trait("Guarantee", "told")]
    public async Task A_cabinet_that_does_not_exist_is_not_found_and_not_active()
    {
        var status = await ReadAsync(cabinet: 987_654_321);
        Assert.Equal(("not_found", false), (status.Status, status.IsActive));
    }

    [Fact]
    [Trait("Defect", "51")]
    public async Task A_completed_run_shows_its_outcome_mode_and_figures()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        var status = await ReadAsync(cabinet);
        Assert.Equal(("success", "completed", RunOutcome.Completed, "full_rebuild"), (status.Status, status.IndexingStatus, status.Outcome, status.Mode));
        Assert.Equal((0L, 0L, 0L, 0.0, false), (status.Pending, status.Failed, status.Queued, status.LagSeconds, status.IsIndexing));
        Assert.NotNull(status.LastIndexedAt);
        Assert.Equal(status.LastRun!.CabinetId, cabinet);
    }

    [Fact]
    [Trait("Defect", "49")]
    public async Task Indexing_is_what_holds_a_live_lease()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.BeginAsync(cabinet, Guid.NewGuid());
        Assert.True((await ReadAsync(cabinet)).IsIndexing);
        await _runs.ExecuteAsync("UPDATE rag_index_status SET lease_expires_at = clock_timestamp() WHERE cabinet_id = $1", cabinet);
        var status = await ReadAsync(cabinet);
        Assert.Equal(("in_progress", false), (status.IndexingStatus, status.IsIndexing));
    }

    [Fact]
    public async Task Lag_is_the_age_of_the_older_of_queue_and_pending_chunks()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.QueueAsync(cabinet, 1);
        await _runs.ChunkAsync(cabinet, 1, pending: true);
        await _runs.ExecuteAsync("UPDATE rag_changes SET first_changed_at = clock_timestamp() - interval '100 s' WHERE cabinet_id = $1", cabinet);
        await _runs.ExecuteAsync("UPDATE rag_metadata SET pending_since = clock_timestamp() - interval '50 s' WHERE cabinet_id = $1", cabinet);
        Assert.InRange((await ReadAsync(cabinet)).LagSeconds, 100, 160);
        await _runs.ExecuteAsync("UPDATE rag_metadata SET pending_since = clock_timestamp() - interval '500 s' WHERE cabinet_id = $1", cabinet);
        Assert.InRange((await ReadAsync(cabinet)).LagSeconds, 500, 560);
    }

    [Fact]
    [Trait("Defect", "51")]
    public async Task Failed_rows_and_chunks_pending_chunks_and_a_waiting_request_are_shown()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.QueueAsync(cabinet, 1);
        await _runs.QueueAsync(cabinet, 2);
        await _runs.ExecuteAsync("UPDATE rag_changes SET attempts = 1 WHERE cabinet_id = $1 AND source_id = 2", cabinet);
        await _runs.ChunkAsync(cabinet, 1, pending: true);
        await _runs.ChunkAsync(cabinet, 2, pending: true);
        await _runs.ExecuteAsync("UPDATE rag_metadata SET embed_error = 'refused' WHERE cabinet_id = $1 AND source_id = 2", cabinet);
        await _runs.Get<IndexRequests>().StoreAsync(cabinet, RunMode.Full, false, RunsHarness.Cancel);
        var status = await ReadAsync(cabinet);
        Assert.Equal((2L, 2L, 2L, "full_rebuild"), (status.Queued, status.Pending, status.Failed, status.RequestedMode));
    }

    [Fact]
    public async Task Runs_are_listed_newest_first_and_found_only_in_their_own_cabinet()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        var run = Guid.NewGuid();
        await _runs.FinishAsync(cabinet, run, await _runs.BeginAsync(cabinet, run), totals: new RoundTotals { New = 5, FailedRows = 1, Error = "bad row" });
        var reader = _runs.Get<RunReader>();
        var latest = await reader.LatestAsync(cabinet, 10, RunsHarness.Cancel);
        Assert.Equal(["incremental", "full_rebuild"], latest.Select(r => r.Mode));
        Assert.Equal((run, 5L, 1L, "bad row", RunOutcome.CompletedWithErrors), (latest[0].RunId, latest[0].ChunksNew, latest[0].FailedRows, latest[0].LastError, latest[0].Outcome));
        Assert.Single(await reader.LatestAsync(cabinet, 1, RunsHarness.Cancel));
        Assert.Equal(latest[0], await reader.SingleAsync(cabinet, run, RunsHarness.Cancel));
        Assert.Null(await reader.SingleAsync(cabinet + 1_000_000, run, RunsHarness.Cancel));
    }

    [Fact]
    public async Task Busy_are_those_that_run_or_have_a_request_that_may_run()
    {
        var idle = await _runs.IndexedCabinetAsync();
        var running = await _runs.IndexedCabinetAsync();
        await _runs.BeginAsync(running, Guid.NewGuid());
        var requested = await _runs.IndexedCabinetAsync();
        await _runs.Get<IndexRequests>().StoreAsync(requested, RunMode.Full, false, RunsHarness.Cancel);
        var waiting = await _runs.IndexedCabinetAsync();
        await _runs.Get<IndexRequests>().StoreAsync(waiting, RunMode.Full, false, RunsHarness.Cancel);
        await _runs.ExecuteAsync("UPDATE rag_index_status SET not_before = clock_timestamp() + interval '1 hour' WHERE cabinet_id = $1", waiting);
        var busy = await _runs.Get<RunReader>().BusyAsync([idle, running, requested, waiting], RunsHarness.Cancel);
        Assert.Equal([running, requested], busy.Order());
    }

    [Fact]
    [Trait("Defect", "7")]
    [Trait("Defect", "51")]
    public async Task Metrics_are_figures_of_the_latest_run_compared_with_everything()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        Assert.Null(await _runs.Get<IndexMetricsReader>().ReadAsync(await fixture.AddCabinetAsync(), RunsHarness.Cancel));
        for (var i = 1; i <= 10; i++)
        {
            await _runs.ChunkAsync(cabinet, i);
        }

        await _runs.RunAsync(cabinet, new RoundTotals
        {
            New = 1,
            Updated = 1,
            Unchanged = 3,
            Inputs = 2,
            Requests = 1,
            Tokens = 50_000,
            Usd = 0.001m,
            Reused = 1,
            ReadMs = 1_500,
        });
        var metrics = await _runs.Get<IndexMetricsReader>().ReadAsync(cabinet, RunsHarness.Cancel);
        Assert.Equal(("incremental", RunOutcome.Completed), (metrics!.LatestIndexing.Mode, metrics.LatestIndexing.Status));
        Assert.Equal(new ChunkMetrics(10, 1, 1, 3, 0, 0, 0, 0), metrics.Chunks);
        Assert.Equal(new EmbeddingMetrics(2, 1, 2, 1, 0), metrics.Embeddings);
        Assert.Equal(new ApiUsageMetrics(1, 50_000, 0.001m), metrics.ApiUsage);
        Assert.Equal(1.5, metrics.Performance.ExtractionTimeSeconds);
        Assert.Equal((80.0, 20.0), (metrics.ComparisonWithFull.ApiSavedPercent, metrics.ComparisonWithFull.ChunksProcessedPercent));
        Assert.NotNull(metrics.ComparisonWithFull.TimeSavedPercent);
    }

    [Fact]
    public async Task Old_runs_are_purged_but_the_last_of_each_cabinet_stays()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.RunAsync(cabinet);
        await _runs.ExecuteAsync("UPDATE rag_index_runs SET started_at = started_at - interval '91 days' WHERE cabinet_id = $1", cabinet);
        await _runs.Get<RunPurge>().PurgeAsync(RunsHarness.Cancel);
        Assert.Equal("incremental", (await _runs.Get<RunReader>().LatestAsync(cabinet, 10, RunsHarness.Cancel)).Single().Mode);
    }

    private Task<IndexStatus> ReadAsync(long cabinet) => _runs.Get<IndexStatusReader>().ReadAsync(cabinet, RunsHarness.Cancel);
}
