using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using RagFunctions.Core;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Runs.Sweep;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Runs;

[Trait("Guarantee", "clock")]
public sealed class WorkerClockTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>, IDisposable
{
    private static readonly DateTimeOffset Database = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    private readonly RunsHarness _runs = new(fixture);

    public void Dispose() => _runs.Dispose();

    [Theory]
    [InlineData(59, null)]
    [InlineData(-59, null)]
    [InlineData(86_400, "1.00:00:00 ahead of the main database's")]
    [InlineData(-61, "0.00:01:01 behind the main database's")]
    public void A_clock_that_differs_by_more_than_a_minute_is_complained_of(int seconds, string? complaint)
    {
        var told = Clock(seconds).Complaint(Database);
        Assert.Equal(complaint is not null, told is not null);
        Assert.Contains(complaint ?? "", told ?? "", StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Fault", "14")]
    public async Task A_worker_with_a_wrong_clock_starts_nothing_and_says_so()
    {
        var cabinet = await fixture.AddCabinetAsync();
        var time = new FakeTimeProvider(DateTimeOffset.UtcNow.AddDays(1));
        using var runs = new RunsHarness(fixture, fixture.Main, fixture.Rag, new WorkerClock(time, Options.Create(new RunsOptions())) { IsMachines = true });
        var answer = await runs.BeginAsync(cabinet, Guid.NewGuid());
        Assert.Equal(BeginStatus.Refused, answer.Status);
        Assert.Contains("ahead of the main database's", answer.Message, StringComparison.Ordinal);
        Assert.Contains("ahead of", await runs.StatusAsync<string>(cabinet, "last_error"), StringComparison.Ordinal);
        Assert.Contains(answer.Message, runs.Log.Lines);
        Assert.Null(await runs.StatusAsync<string?>(cabinet, "lease_owner"));
    }

    [Fact]
    [Trait("Fault", "14")]
    [Trait("Guarantee", "no-mass-deletion")]
    public async Task Expiry_of_more_than_half_at_once_is_held_back_until_allowed()
    {
        var cabinet = await FilledAsync(staying: 40, expiring: 60);
        Assert.Equal([Entity.Orders], (await BeginAndEndAsync(cabinet)).Held!.Select(held => held.Entity));
        Assert.Equal(100, await CountAsync(cabinet));
        Assert.Equal("blocked", await _runs.StatusAsync<string>(cabinet, "last_outcome"));
        Assert.True(await _runs.StatusAsync<bool>(cabinet, "expiry_held_until > clock_timestamp()"));

        await _runs.Get<IndexRequests>().StoreAsync(cabinet, RunMode.Incremental, allowMassDelete: true, RunsHarness.Cancel);
        await BeginAndEndAsync(cabinet);
        Assert.Equal(40, await CountAsync(cabinet));
    }

    [Fact]
    [Trait("Fault", "14")]
    [Trait("Guarantee", "no-mass-deletion")]
    public async Task What_is_held_back_is_deleted_by_no_range_either()
    {
        var cabinet = await FilledAsync(staying: 40, expiring: 60);
        await _runs.QueueAsync(cabinet, 1_001);
        Assert.False(Assert.Single((await _runs.BeginAsync(cabinet, Guid.NewGuid())).Ranges).DeletesAllowed);
    }

    [Fact]
    [Trait("Fault", "14")]
    public async Task What_is_held_back_starts_no_run_for_an_hour()
    {
        var cabinet = await FilledAsync(staying: 40, expiring: 60);
        await BeginAndEndAsync(cabinet);
        Assert.DoesNotContain(cabinet, await DueAsync());
        await _runs.ExecuteAsync("UPDATE rag_index_status SET expiry_held_until = clock_timestamp() WHERE cabinet_id = $1", cabinet);
        Assert.Contains(cabinet, await DueAsync());

        async Task<IEnumerable<long>> DueAsync() =>
            (await _runs.Get<SweepQuery>().FindAsync(RunsHarness.Cancel)).Due.Select(due => due.CabinetId);
    }

    [Fact]
    public async Task Expiry_of_less_than_half_is_what_every_day_brings()
    {
        var cabinet = await FilledAsync(staying: 70, expiring: 60);
        Assert.Empty((await BeginAndEndAsync(cabinet)).Held!);
        Assert.Equal(70, await CountAsync(cabinet));
    }

    private async Task<long> FilledAsync(int staying, int expiring)
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await ChunksAsync(cabinet, 1, staying, "1 hour");
        await ChunksAsync(cabinet, 1000, expiring, "-1 hour");
        return cabinet;
    }

    private static WorkerClock Clock(int seconds) =>
        new(new FakeTimeProvider(Database.AddSeconds(seconds)), Options.Create(new RunsOptions())) { IsMachines = true };

    private async Task<BeginRoundResult> BeginAndEndAsync(long cabinet)
    {
        var run = Guid.NewGuid();
        var start = await _runs.BeginAsync(cabinet, run);
        await _runs.FinishAsync(cabinet, run, start, totals: new RoundTotals { Blocked = start.Held ?? [] });
        return start;
    }

    private Task<long> CountAsync(long cabinet) => _runs.ScalarAsync<long>("SELECT count(*) FROM rag_metadata WHERE cabinet_id = $1", cabinet);

    private Task ChunksAsync(long cabinet, int from, int count, string expiresIn) => _runs.ExecuteAsync(
        """
        INSERT INTO rag_metadata (cabinet_id, source_table, source_id, chunk_type, chunk_text, chunk_hash, embedded_hash, expires_at)
        SELECT $1, 'wb_orders', $2 + n, 'order', 'x', 'h' || n, 'h' || n, now() + $4::interval FROM generate_series(1, $3) AS n
        """,
        cabinet, from, count, expiresIn);
}
