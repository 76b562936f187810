using Npgsql;
using RagFunctions.Core;
using RagFunctions.Core.Leases;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Runs.Sweep;
using RagFunctions.Core.Status;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Runs;

public sealed class RoundBeginnerTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>, IDisposable
{
    private readonly RunsHarness _runs = new(fixture);

    public void Dispose() => _runs.Dispose();

    [Fact]
    [Trait("Guarantee", "one-run")]
    public async Task Repeating_a_rounds_beginning_gives_the_same_token_mode_and_time()
    {
        var cabinet = await fixture.AddCabinetAsync();
        var run = Guid.NewGuid();
        var first = await _runs.BeginAsync(cabinet, run);
        _runs.Time.Advance(TimeSpan.FromMinutes(1));
        var second = await _runs.BeginAsync(cabinet, run);
        Assert.Equal((BeginStatus.Started, first.Token, first.Mode), (second.Status, second.Token, second.Mode));
        Assert.Equal(first.AsOf, second.AsOf, TimeSpan.FromMicroseconds(1));
        Assert.Equal(1, await _runs.ScalarAsync<long>("SELECT count(*) FROM rag_index_runs WHERE cabinet_id = $1", cabinet));
        Assert.Single(_runs.Log.Lines, $"Starting full_rebuild indexing for cabinet {cabinet}");
    }

    [Fact]
    public async Task A_repeat_keeps_its_mode_although_a_stronger_request_came_meanwhile()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.QueueAsync(cabinet, 1);
        var run = Guid.NewGuid();
        await _runs.BeginAsync(cabinet, run);
        await _runs.Get<IndexRequests>().StoreAsync(cabinet, RunMode.Full, false, RunsHarness.Cancel);
        Assert.Equal(RunMode.Incremental, (await _runs.BeginAsync(cabinet, run)).Mode);
    }

    [Fact]
    public async Task A_repeat_that_waits_for_the_first_delivery_answers_like_it()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        var run = Guid.NewGuid();
        await using var connection = await fixture.Source.OpenConnectionAsync(RunsHarness.Cancel);
        await using var first = await connection.BeginTransactionAsync(RunsHarness.Cancel);
        await ExecuteAsync("SELECT FROM rag_index_status WHERE cabinet_id = $1 FOR UPDATE", cabinet);
        var repeat = _runs.BeginAsync(cabinet, run);
        await Waiting.ForAnyLockAsync(fixture.Source, connection.ProcessID, RunsHarness.Cancel);
        await ExecuteAsync(
            """
            UPDATE rag_index_status SET lease_owner = 'first', lease_token = lease_token + 1, lease_run_id = $2, lease_round = 1,
                lease_heartbeat_at = clock_timestamp(), lease_expires_at = clock_timestamp() + interval '3 minutes'
            WHERE cabinet_id = $1
            """, cabinet, run);
        await ExecuteAsync(
            """
            INSERT INTO rag_index_runs (run_id, cabinet_id, mode, round_mode, owner, as_of)
            VALUES ($2, $1, 'full_rebuild', 'full_rebuild', 'first', '2026-05-01 12:00+00')
            """, cabinet, run);
        await first.CommitAsync(RunsHarness.Cancel);
        var answer = await repeat;
        Assert.Equal(
            (BeginStatus.Started, RunMode.Full, new DateTimeOffset(2026, 5, 1, 12, 0, 0, TimeSpan.Zero)),
            (answer.Status, answer.Mode, answer.AsOf));

        async Task ExecuteAsync(string sql, params object[] values)
        {
            await using var command = new NpgsqlCommand(sql, connection, first);
            command.Parameters.AddRange(values.Select(value => new NpgsqlParameter { Value = value }).ToArray());
            await command.ExecuteNonQueryAsync(RunsHarness.Cancel);
        }
    }

    [Fact]
    [Trait("Guarantee", "one-run")]
    public async Task The_token_rises_with_every_round()
    {
        var cabinet = await fixture.AddCabinetAsync();
        var run = Guid.NewGuid();
        var first = await _runs.BeginAsync(cabinet, run);
        await _runs.QueueAsync(cabinet, 1);
        Assert.True((await _runs.FinishAsync(cabinet, run, first)).Again);
        var second = await _runs.BeginAsync(cabinet, run, 2);
        Assert.Equal(first.Token + 1, second.Token);
        Assert.Equal(RunMode.Incremental, second.Mode);
        Assert.Equal("full_rebuild", await _runs.RunColumnAsync<string>(run, "mode"));
    }

    [Fact]
    [Trait("Guarantee", "one-run")]
    [Trait("Defect", "29")]
    public async Task Another_owner_is_told_busy_while_the_lease_lives()
    {
        var cabinet = await fixture.AddCabinetAsync();
        await _runs.BeginAsync(cabinet, Guid.NewGuid());
        var other = await _runs.BeginAsync(cabinet, Guid.NewGuid(), owner: "cli:b");
        Assert.Equal(BeginStatus.Busy, other.Status);
        Assert.NotNull(other.NotBefore);
        Assert.Contains("durable:a", other.Message, StringComparison.Ordinal);
    }

    [Fact]
    [Trait("Defect", "48")]
    public async Task Of_two_that_open_at_once_one_holds_the_lease()
    {
        var cabinet = await fixture.AddCabinetAsync();
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => _runs.BeginAsync(cabinet, Guid.NewGuid(), owner: $"cli:{i}")));
        Assert.Single(answers, answer => answer.Status == BeginStatus.Started);
        Assert.Equal(7, answers.Count(answer => answer.Status == BeginStatus.Busy));
    }

    [Fact]
    [Trait("Guarantee", "one-run")]
    [Trait("Defect", "46")]
    [Trait("Defect", "52")]
    public async Task An_expired_lease_is_taken_over_and_its_run_superseded()
    {
        var cabinet = await fixture.AddCabinetAsync();
        var old = Guid.NewGuid();
        var lost = await _runs.BeginAsync(cabinet, old);
        await _runs.ExecuteAsync("UPDATE rag_index_status SET lease_expires_at = clock_timestamp() - interval '1 ms' WHERE cabinet_id = $1", cabinet);
        var taken = await _runs.BeginAsync(cabinet, Guid.NewGuid(), owner: "cli:b");
        Assert.Equal((BeginStatus.Started, lost.Token + 1), (taken.Status, taken.Token));
        Assert.Equal(RunOutcome.Superseded, await _runs.RunColumnAsync<string>(old, "outcome"));
        Assert.Equal(new FinishRoundResult(false, RunOutcome.Superseded), await _runs.FinishAsync(cabinet, old, lost, totals: new RoundTotals { Tokens = 9 }));
        Assert.Equal("cli:b", await _runs.StatusAsync<string>(cabinet, "lease_owner"));
        Assert.Equal(9, await _runs.RunColumnAsync<long>(old, "embedding_tokens"));
    }

    [Fact]
    [Trait("Guarantee", "one-run")]
    [Trait("Defect", "52")]
    public async Task A_run_that_was_taken_over_never_comes_back()
    {
        var cabinet = await fixture.AddCabinetAsync();
        var old = Guid.NewGuid();
        await _runs.BeginAsync(cabinet, old, owner: "cli:old");
        await _runs.ExecuteAsync("UPDATE rag_index_status SET lease_expires_at = clock_timestamp() - interval '1 ms' WHERE cabinet_id = $1", cabinet);
        await _runs.RunAsync(cabinet);
        Assert.Equal(BeginStatus.Busy, (await _runs.BeginAsync(cabinet, old, owner: "cli:old")).Status);
        Assert.Null(await _runs.StatusAsync<string?>(cabinet, "lease_owner"));
    }

    [Fact]
    [Trait("Guarantee", "one-run")]
    [Trait("Defect", "46")]
    public async Task The_same_owner_takes_over_at_once()
    {
        var cabinet = await fixture.AddCabinetAsync();
        var first = await _runs.BeginAsync(cabinet, Guid.NewGuid(), owner: "durable:index-1");
        var second = await _runs.BeginAsync(cabinet, Guid.NewGuid(), owner: "durable:index-1");
        Assert.Equal((BeginStatus.Started, first.Token + 1), (second.Status, second.Token));
    }

    [Fact]
    [Trait("Guarantee", "one-run")]
    public async Task A_take_over_waits_for_a_running_sub_batch()
    {
        var cabinet = await fixture.AddCabinetAsync();
        var lost = await _runs.BeginAsync(cabinet, Guid.NewGuid());
        await using var connection = await fixture.Source.OpenConnectionAsync(RunsHarness.Cancel);
        await using var batch = await connection.BeginTransactionAsync(RunsHarness.Cancel);
        await HoldAsync(connection, cabinet, lost.Token);
        var takeOver = _runs.BeginAsync(cabinet, Guid.NewGuid());
        await Waiting.ForAnyLockAsync(fixture.Source, connection.ProcessID, RunsHarness.Cancel);
        Assert.False(takeOver.IsCompleted);
        await batch.CommitAsync(RunsHarness.Cancel);
        Assert.Equal(BeginStatus.Started, (await takeOver).Status);
    }

    [Fact]
    [Trait("Guarantee", "one-run")]
    public async Task A_stalled_sub_batch_delays_takeover_only_by_the_lock_timeout()
    {
        using var runs = new RunsHarness(fixture, ("Runs:LockTimeoutSeconds", "1"));
        var cabinet = await fixture.AddCabinetAsync();
        var lost = await runs.BeginAsync(cabinet, Guid.NewGuid());
        await using var connection = await fixture.Source.OpenConnectionAsync(RunsHarness.Cancel);
        await using var batch = await connection.BeginTransactionAsync(RunsHarness.Cancel);
        await HoldAsync(connection, cabinet, lost.Token);
        Assert.Equal(BeginStatus.Busy, (await runs.BeginAsync(cabinet, Guid.NewGuid())).Status);
        Assert.Equal(lost.Token, await runs.StatusAsync<long>(cabinet, "lease_token"));
    }

    [Fact]
    public async Task The_heartbeat_waits_for_no_sub_batch()
    {
        var cabinet = await fixture.AddCabinetAsync();
        var start = await _runs.BeginAsync(cabinet, Guid.NewGuid());
        await _runs.ExecuteAsync(
            "UPDATE rag_index_status SET lease_heartbeat_at = lease_heartbeat_at - interval '2 min', lease_expires_at = lease_expires_at - interval '2 min' WHERE cabinet_id = $1", cabinet);
        await using var connection = await fixture.Source.OpenConnectionAsync(RunsHarness.Cancel);
        await using var batch = await connection.BeginTransactionAsync(RunsHarness.Cancel);
        await HoldAsync(connection, cabinet, start.Token);
        await using var other = await fixture.Source.OpenConnectionAsync(RunsHarness.Cancel);
        Assert.True(await LeaseHeartbeat.RenewAsync(other, cabinet, start.Token, RunsHarness.Cancel));
        Assert.True(await _runs.StatusAsync<bool>(cabinet, "lease_expires_at > clock_timestamp() + interval '2 min'"));
    }

    [Fact]
    [Trait("Guarantee", "sweep")]
    public async Task A_cabinet_that_was_never_indexed_gets_a_full_run()
    {
        // Spread, so that the version of the texts does not demand it as well.
        using var runs = new RunsHarness(fixture, ("Runs:RendererSpreadMinutes", "10080"));
        var cabinet = await fixture.AddCabinetAsync();
        await runs.QueueAsync(cabinet, 1);
        Assert.Equal(RunMode.Full, (await runs.BeginAsync(cabinet, Guid.NewGuid())).Mode);
    }

    [Fact]
    public async Task An_indexed_cabinet_gets_an_incremental_run()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        Assert.Equal(RunMode.Incremental, (await _runs.BeginAsync(cabinet, Guid.NewGuid())).Mode);
    }

    [Fact]
    [Trait("Guarantee", "sweep")]
    public async Task Texts_of_another_renderer_version_demand_a_full_run()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.ExecuteAsync("UPDATE rag_index_status SET full_renderer_version = full_renderer_version - 1 WHERE cabinet_id = $1", cabinet);
        Assert.Equal(RunMode.Full, (await _runs.BeginAsync(cabinet, Guid.NewGuid())).Mode);
    }

    [Fact]
    [Trait("Guarantee", "sweep")]
    public async Task A_truncated_source_table_demands_a_full_run_once()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.QueueAsync(cabinet, 0, "*");
        Assert.Equal(RunMode.Full, (await _runs.BeginAsync(cabinet, Guid.NewGuid())).Mode);
        Assert.Equal(0, await _runs.ScalarAsync<long>("SELECT count(*) FROM rag_changes WHERE cabinet_id = $1", cabinet));
        Assert.Equal("full_rebuild", await _runs.StatusAsync<string>(cabinet, "requested_mode"));
    }

    [Fact]
    public async Task A_repeat_leaves_a_mark_that_came_later()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        var run = Guid.NewGuid();
        await _runs.BeginAsync(cabinet, run);
        await _runs.QueueAsync(cabinet, 0, "*");
        await _runs.BeginAsync(cabinet, run);
        Assert.Equal(1, await _runs.ScalarAsync<long>("SELECT count(*) FROM rag_changes WHERE cabinet_id = $1", cabinet));
    }

    [Fact]
    [Trait("Guarantee", "gone-rows")]
    [Trait("Defect", "9")]
    public async Task Expired_chunks_and_their_vectors_go_in_every_round()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.ChunkAsync(cabinet, 1, expiresIn: "-1 s");
        await _runs.ChunkAsync(cabinet, 2, expiresIn: "1 day");
        await _runs.ChunkAsync(cabinet, 3);
        await _runs.ExecuteAsync(
            """
            INSERT INTO rag_embeddings (embedding, metadata_id, cabinet_id, chunk_type, model)
            SELECT array_fill(0.5, ARRAY[1536])::vector, id, cabinet_id, 'order', 'm' FROM rag_metadata WHERE cabinet_id = $1
            """, cabinet);
        var run = Guid.NewGuid();
        await _runs.BeginAsync(cabinet, run);
        Assert.Equal("2,3", await _runs.ScalarAsync<string>("SELECT string_agg(source_id::text, ',' ORDER BY source_id) FROM rag_metadata WHERE cabinet_id = $1", cabinet));
        Assert.Equal(2, await _runs.ScalarAsync<long>("SELECT count(*) FROM rag_embeddings WHERE cabinet_id = $1", cabinet));
        await _runs.BeginAsync(cabinet, run);
        Assert.Equal(1, await _runs.RunColumnAsync<long>(run, "chunks_expired"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_inactive_or_unknown_cabinet_is_not_run_and_loses_its_queue(bool gone)
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.ChunkAsync(cabinet, 1);
        await _runs.QueueAsync(cabinet, 1);
        await _runs.ExecuteAsync(gone ? "DELETE FROM wb_cabinets WHERE id = $1" : "UPDATE wb_cabinets SET is_active = false WHERE id = $1", cabinet);
        Assert.Equal(BeginStatus.Inactive, (await _runs.BeginAsync(cabinet, Guid.NewGuid())).Status);
        Assert.False(await _runs.StatusAsync<bool>(cabinet, "is_active"));
        Assert.Equal(0, await _runs.ScalarAsync<long>("SELECT count(*) FROM rag_changes WHERE cabinet_id = $1", cabinet));
        Assert.Equal(1, await _runs.ScalarAsync<long>("SELECT count(*) FROM rag_metadata WHERE cabinet_id = $1", cabinet));
    }

    [Fact]
    [Trait("Guarantee", "sweep")]
    public async Task A_reactivated_cabinet_gets_a_full_run_that_survives_a_crash()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.ExecuteAsync("UPDATE wb_cabinets SET is_active = false WHERE id = $1", cabinet);
        await _runs.BeginAsync(cabinet, Guid.NewGuid());
        await _runs.ExecuteAsync("UPDATE wb_cabinets SET is_active = true WHERE id = $1", cabinet);
        Assert.Equal(RunMode.Full, (await _runs.BeginAsync(cabinet, Guid.NewGuid())).Mode);
        Assert.True(await _runs.StatusAsync<bool>(cabinet, "is_active"));
        Assert.Equal(RunMode.Full, (await _runs.BeginAsync(cabinet, Guid.NewGuid())).Mode);
    }

    [Fact]
    [Trait("Guarantee", "sweep")]
    public async Task A_waiting_cabinet_is_not_begun_early_unless_somebody_asks()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.ExecuteAsync("UPDATE rag_index_status SET not_before = clock_timestamp() + interval '1 hour' WHERE cabinet_id = $1", cabinet);
        var start = await _runs.BeginAsync(cabinet, Guid.NewGuid());
        Assert.Equal(BeginStatus.NotYet, start.Status);
        Assert.NotNull(start.NotBefore);
        Assert.InRange(start.Wait!.Value, TimeSpan.FromMinutes(59), TimeSpan.FromMinutes(60));
        await _runs.Get<IndexRequests>().StoreAsync(cabinet, RunMode.Incremental, false, RunsHarness.Cancel);
        Assert.Equal(BeginStatus.Started, (await _runs.BeginAsync(cabinet, Guid.NewGuid())).Status);
    }

    [Fact]
    [Trait("Guarantee", "model")]
    public async Task Another_embedder_than_the_index_s_is_refused_by_name()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.RecordEmbedderAsync();
        using var other = new RunsHarness(
            fixture, ("Embeddings:Provider", "openai"), ("Embeddings:Model", "some-other-model"), ("Embeddings:Endpoint", "http://127.0.0.1:9/v1"));
        var run = Guid.NewGuid();
        var start = await other.BeginAsync(cabinet, run);
        Assert.Equal(BeginStatus.Refused, start.Status);
        Assert.Contains("some-other-model", start.Message, StringComparison.Ordinal);
        Assert.NotNull(start.NotBefore);

        var status = await _runs.Get<IndexStatusReader>().ReadAsync(cabinet, RunsHarness.Cancel);
        Assert.Equal((RunOutcome.Failed, "failed", start.Message), (status.Outcome, status.IndexingStatus, status.LastError));
        Assert.Equal((run, RunOutcome.Failed, start.Message), (status.LastRun!.RunId, status.LastRun.Outcome, status.LastRun.LastError));
        Assert.DoesNotContain((await _runs.Get<SweepQuery>().FindAsync(RunsHarness.Cancel)).Due, due => due.CabinetId == cabinet);
    }

    [Fact]
    [Trait("Guarantee", "one-run")]
    public async Task A_refused_run_leaves_alone_what_another_one_is_doing()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        var run = Guid.NewGuid();
        await _runs.BeginAsync(cabinet, run);
        await _runs.RecordEmbedderAsync();
        using var other = new RunsHarness(
            fixture, ("Embeddings:Provider", "openai"), ("Embeddings:Model", "some-other-model"), ("Embeddings:Endpoint", "http://127.0.0.1:9/v1"));

        Assert.Equal(BeginStatus.Refused, (await other.BeginAsync(cabinet, Guid.NewGuid(), owner: "durable:b")).Status);

        Assert.Equal(("in_progress", run), (await _runs.StatusAsync<string>(cabinet, "indexing_status"), await _runs.StatusAsync<Guid>(cabinet, "lease_run_id")));
        Assert.Null(await _runs.StatusAsync<string?>(cabinet, "last_error"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_that_allows_mass_deletion_reaches_the_ranges(bool allowed)
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.ExecuteAsync(
            """
            INSERT INTO rag_metadata (cabinet_id, source_table, source_id, chunk_type, chunk_text, chunk_hash, embedded_hash)
            SELECT $1, 'wb_orders', i, 'order', 'x', 'h', 'h' FROM generate_series(1, 150) AS i
            """, cabinet);
        await _runs.Get<IndexRequests>().StoreAsync(cabinet, RunMode.Full, allowed, RunsHarness.Cancel);
        var start = await _runs.BeginAsync(cabinet, Guid.NewGuid());
        Assert.Equal(allowed, Assert.Single(start.Ranges, range => range.Entity == Entity.Orders).DeletesAllowed);
    }

    [Theory]
    [Trait("Guarantee", "no-mass-deletion")]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Rows_gone_in_mass_are_deleted_only_by_a_permitting_request(bool allowed)
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.ExecuteAsync(
            """
            INSERT INTO rag_metadata (cabinet_id, source_table, source_id, chunk_type, chunk_text, chunk_hash, embedded_hash)
            SELECT $1, 'wb_orders', i, 'order', 'x', 'h', 'h' FROM generate_series(1, 150) AS i
            """, cabinet);
        await _runs.ExecuteAsync("INSERT INTO rag_changes (cabinet_id, source_table, source_id) SELECT $1, 'wb_orders', i FROM generate_series(1, 100) AS i", cabinet);
        await _runs.Get<IndexRequests>().StoreAsync(cabinet, RunMode.Incremental, allowed, RunsHarness.Cancel);
        var start = await _runs.BeginAsync(cabinet, Guid.NewGuid());
        Assert.Equal((RunMode.Incremental, allowed), (start.Mode, Assert.Single(start.Ranges).DeletesAllowed));
    }

    private static async Task HoldAsync(NpgsqlConnection connection, long cabinet, long token)
    {
        await using var command = new NpgsqlCommand(
            "SELECT 1 FROM rag_index_status WHERE cabinet_id = $1 AND lease_token = $2 FOR KEY SHARE", connection);
        command.Parameters.AddWithValue(cabinet);
        command.Parameters.AddWithValue(token);
        Assert.Equal(1, await command.ExecuteScalarAsync(RunsHarness.Cancel));
    }
}
