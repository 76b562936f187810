using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Runs.Sweep;
using RagFunctions.Core.Status;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Runs;

/// <summary>Whole runs of a cabinet whose budget is spent.</summary>
public sealed class BudgetRunTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>, IDisposable
{
    private readonly RunsHarness _runs = new(fixture);

    public void Dispose() => _runs.Dispose();

    [Fact]
    [Trait("Guarantee", "budget")]
    public async Task Texts_and_deletions_go_on_and_embedding_waits()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.Get<CabinetBudgets>().SetAsync(cabinet, 0, RunsHarness.Cancel);
        await _runs.ExecuteAsync(
            "INSERT INTO wb_orders (id, cabinet_id, order_id, nm_id, order_date) VALUES ($2, $1, 'o', 5, now())", cabinet, cabinet * 1_000);
        await _runs.QueueAsync(cabinet, cabinet * 1_000);
        await _runs.ChunkAsync(cabinet, (cabinet * 1_000) + 1);
        await _runs.QueueAsync(cabinet, (cabinet * 1_000) + 1);
        var summary = await _runs.Get<InProcessDriver>().RunAsync(cabinet, progress: null, RunsHarness.Cancel);
        Assert.Equal(RunOutcome.WaitingForBudget, summary.Outcome);
        Assert.Equal((1, 1), (
            await _runs.ScalarAsync<long>("SELECT count(*) FROM rag_metadata WHERE cabinet_id = $1", cabinet),
            await _runs.ScalarAsync<long>("SELECT count(*) FROM rag_metadata WHERE cabinet_id = $1 AND embedded_hash IS NULL", cabinet)));
        Assert.Equal(0, await _runs.ScalarAsync<long>("SELECT count(*) FROM rag_changes WHERE cabinet_id = $1", cabinet));

        var status = await _runs.Get<IndexStatusReader>().ReadAsync(cabinet, RunsHarness.Cancel);
        Assert.Equal(("pending", "waiting: budget", null), (status.IndexingStatus, status.Outcome, status.NotBefore));
        Assert.Contains("daily budget of $0", status.LastError, StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Guarantee", "budget")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_sweep_starts_for_changes_and_not_for_texts_that_wait(bool ofAll)
    {
        using var runs = ofAll ? new RunsHarness(fixture, ("Budgets:DailyUsd", "0")) : new RunsHarness(fixture);
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.ChunkAsync(cabinet, 1, pending: true);
        Assert.Equal(SweepReason.Pending, await ReasonAsync(_runs, cabinet));
        if (!ofAll)
        {
            await runs.Get<CabinetBudgets>().SetAsync(cabinet, 0, RunsHarness.Cancel);
        }

        Assert.Null(await ReasonAsync(runs, cabinet));
        await _runs.ChunkAsync(cabinet, 2, expiresIn: "-1 hour");
        Assert.Equal(SweepReason.Expired, await ReasonAsync(runs, cabinet));
        await _runs.QueueAsync(cabinet, 3);
        Assert.Equal(SweepReason.Changes, await ReasonAsync(runs, cabinet));
    }

    [Fact]
    [Trait("Guarantee", "payment")]
    public async Task The_pause_after_a_failed_store_doubles_up_to_a_day()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        List<double> minutes = [];
        for (var failure = 0; failure < 9; failure++)
        {
            await _runs.ExecuteAsync("UPDATE rag_index_status SET embedding_not_before = NULL WHERE cabinet_id = $1", cabinet);
            var run = Guid.NewGuid();
            var start = await _runs.BeginAsync(cabinet, run);
            var end = await _runs.Get<RoundFinisher>().FinishAsync(
                new FinishRoundInput(cabinet, run, 1, start.Token, new RoundTotals(), false, null, "no room", false, start.Mode, StoreFailed: true),
                RunsHarness.Cancel);
            Assert.Equal(RunOutcome.Failed, end.Outcome);
            minutes.Add(Math.Round(await _runs.ScalarAsync<double>(
                "SELECT (extract(epoch FROM embedding_not_before - updated_at) / 60)::float8 FROM rag_index_status WHERE cabinet_id = $1", cabinet)));
        }

        Assert.Equal([10, 20, 40, 80, 160, 320, 640, 1280, 1440], minutes);
        await _runs.ExecuteAsync("UPDATE rag_index_status SET embedding_not_before = NULL WHERE cabinet_id = $1", cabinet);
        await _runs.RunAsync(cabinet, new RoundTotals { Embedded = 1 });
        Assert.Equal(0, await _runs.StatusAsync<int>(cabinet, "store_failures"));
    }

    private static async Task<SweepReason?> ReasonAsync(RunsHarness runs, long cabinet) =>
        (await runs.Get<SweepQuery>().FindAsync(RunsHarness.Cancel)).Due.SingleOrDefault(due => due.CabinetId == cabinet)?.Reason;
}
