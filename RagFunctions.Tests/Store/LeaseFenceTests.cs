using System.Diagnostics;
using Npgsql;
using RagFunctions.Core;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Leases;
using RagFunctions.Core.Source;
using RagFunctions.Core.Store;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Store;

/// <summary>Two hands on one index: deliveries that come twice or late, and a round that another one took over.</summary>
public sealed class LeaseFenceTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private const string TakeOver = """
        SELECT FROM rag_index_status WHERE cabinet_id = $1 FOR UPDATE;
        """;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Defect", "29")]
    [Trait("Defect", "47")]
    public async Task A_delivery_whose_round_was_taken_over_writes_nothing_and_removes_nothing()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(2);
        await cabinet.EnqueueAsync(Entity.Orders, await cabinet.IdsAsync(Entity.Orders));

        var late = await cabinet.Applier.ApplyAsync(cabinet.Input(new ChangeRange(Entity.Orders, null, null), token: IndexedCabinet.Token - 1), Stop);

        Assert.True(late.Superseded);
        Assert.Equal((0, 2), (await cabinet.ChunksAsync(Entity.Orders), await cabinet.QueuedAsync()));
    }

    [Fact]
    [Trait("Guarantee", "one-run")]
    public async Task Taking_over_waits_for_open_transactions_a_heartbeat_does_not()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(1);
        using var gate = new Gate();
        var apply = await ApplyUntilAsync(gate, cabinet, Entity.Orders);

        await cabinet.ExecuteAsync("UPDATE rag_index_status SET lease_heartbeat_at = clock_timestamp() WHERE cabinet_id = $1");
        await using var other = await fixture.Source.OpenConnectionAsync(Stop);
        await using var transaction = await other.BeginTransactionAsync(Stop);
        await using var take = new NpgsqlCommand(TakeOver, other, transaction);
        take.Parameters.AddWithValue(cabinet.Id);
        var takeOver = take.ExecuteNonQueryAsync(Stop);
        await Waiting.ForLockAsync(fixture.Source, other.ProcessID, Stop);
        Assert.Equal(0, await cabinet.ChunksAsync(Entity.Orders));

        gate.Open();
        await apply;
        await takeOver;
        Assert.Equal(1, await cabinet.ChunksAsync(Entity.Orders));
    }

    [Fact]
    [Trait("Guarantee", "one-run")]
    public async Task A_purge_waits_for_open_transactions_and_leaves_nothing()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(1);
        using var gate = new Gate();
        var apply = await ApplyUntilAsync(gate, cabinet, Entity.Orders);
        var applying = await cabinet.ScalarAsync<int>(
            "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND $1 > 0");
        var purge = new CabinetPurge(fixture.Rag).PurgeAsync(cabinet.Id, null, Stop);
        await Waiting.ForAnyLockAsync(fixture.Source, applying, Stop);

        gate.Open();

        Assert.Equal(1, (await apply).New);
        Assert.Equal(1, await purge);
        Assert.Equal(0, await cabinet.ChunksAsync(Entity.Orders));
        Assert.True((await cabinet.Applier.ApplyAsync(cabinet.Input(new ChangeRange(Entity.Orders, null, null)), Stop)).Superseded);
    }

    [Fact]
    [Trait("Guarantee", "one-run")]
    [Trait("Defect", "29")]
    public async Task A_duplicate_delivery_that_stalls_does_not_overwrite_newer_text()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(1);
        await cabinet.IndexAllAsync();
        var stock = await cabinet.IdOfAsync(Entity.Stocks, 1);
        var input = cabinet.Input(new ChangeRange(Entity.Stocks, null, null));
        using var gate = new Gate();
        var punctual = cabinet.Applier;
        cabinet.RenderWith(fixture.Main, fixture.Rag, gate.Render);
        var stalling = cabinet.Applier;

        await cabinet.ExecuteAsync("UPDATE wb_stocks SET quantity = 11 WHERE cabinet_id = $1");
        await cabinet.EnqueueAsync(Entity.Stocks, stock);
        var stalled = Task.Run(() => stalling.ApplyAsync(input, Stop), Stop);
        await gate.Reached;
        // It holds the old text in its hands; now the row changes again and the other delivery comes.
        await cabinet.ExecuteAsync("UPDATE wb_stocks SET quantity = 22 WHERE cabinet_id = $1");
        await cabinet.EnqueueAsync(Entity.Stocks, stock);
        var second = Task.Run(() => punctual.ApplyAsync(input, Stop), Stop);
        await Waiting.ForAdvisoryLockAsync(fixture.Source, Stop);
        gate.Open();
        await stalled;
        await second;

        Assert.Contains("22", await cabinet.TextAsync(Entity.Stocks, stock), StringComparison.Ordinal);
        Assert.Equal(0, await cabinet.QueuedAsync());
        await cabinet.EmbedAsync();
        Assert.True((await cabinet.VerifyAsync()).IsClean);
    }

    [Fact]
    [Trait("Guarantee", "no-lost-change")]
    public async Task A_change_that_comes_while_its_row_is_applied_stays_queued()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(1);
        var stock = await cabinet.IdOfAsync(Entity.Stocks, 1);
        using var gate = new Gate();
        var apply = await ApplyUntilAsync(gate, cabinet, Entity.Stocks);
        await cabinet.ExecuteAsync("UPDATE wb_stocks SET quantity = 33 WHERE cabinet_id = $1");
        await cabinet.EnqueueAsync(Entity.Stocks, stock);
        gate.Open();
        await apply;

        Assert.Equal(1, await cabinet.QueuedAsync());
        await cabinet.CatchUpWithQueueAsync();
        Assert.Contains("33", await cabinet.TextAsync(Entity.Stocks, stock), StringComparison.Ordinal);
    }

    [Theory]
    [Trait("Guarantee", "no-lost-change")]
    [Trait("Defect", "28")]
    [InlineData(RunMode.Incremental)]
    [InlineData(RunMode.Full)]
    public async Task A_row_that_changes_while_it_is_read_is_not_lost(RunMode mode)
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(1);
        var stock = await cabinet.IdOfAsync(Entity.Stocks, 1);
        await cabinet.EnqueueAsync(Entity.Stocks, stock);
        // The sync's transaction holds the queue row while the round reads, and commits later.
        await using var writer = await fixture.Source.OpenConnectionAsync(Stop);
        await using var transaction = await writer.BeginTransactionAsync(Stop);
        await using (var change = new NpgsqlCommand("UPDATE wb_stocks SET quantity = 44 WHERE cabinet_id = $1", writer, transaction))
        {
            change.Parameters.AddWithValue(cabinet.Id);
            await change.ExecuteNonQueryAsync(Stop);
        }

        await RagFunctions.Core.Changes.ChangeQueue.EnqueueAsync(writer, transaction, cabinet.Id, Entity.Stocks, [stock], Stop);
        await Waiting.NotForeverAsync(
            cabinet.Applier.ApplyAsync(cabinet.Input(new ChangeRange(Entity.Stocks, null, null), mode), Stop),
            "applying waits for a queue row that the sync is moving",
            Stop);
        await transaction.CommitAsync(Stop);

        Assert.Equal(1, await cabinet.QueuedAsync());
        await cabinet.CatchUpWithQueueAsync();
        Assert.Contains("44", await cabinet.TextAsync(Entity.Stocks, stock), StringComparison.Ordinal);
    }

    /// <summary>The other order would take a version whose row it has not seen, and remove it.</summary>
    [Fact]
    [Trait("Guarantee", "no-lost-change")]
    [Trait("Defect", "28")]
    public async Task A_full_run_reads_the_versions_before_the_rows()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(1);
        var stock = await cabinet.IdOfAsync(Entity.Stocks, 1);
        using var parent = new Activity("page").Start();
        var changed = 0;
        using var listener = AfterFirst("FROM wb_stocks", parent, ChangeAsync);

        await cabinet.Applier.ApplyAsync(cabinet.Input(new ChangeRange(Entity.Stocks, null, null), RunMode.Full), Stop);

        Assert.Equal(1, changed);
        Assert.Equal(1, await cabinet.QueuedAsync());
        await cabinet.CatchUpWithQueueAsync();
        Assert.Contains("55", await cabinet.TextAsync(Entity.Stocks, stock), StringComparison.Ordinal);

        async Task ChangeAsync()
        {
            changed++;
            await cabinet.ExecuteAsync("UPDATE wb_stocks SET quantity = 55 WHERE cabinet_id = $1");
            await cabinet.EnqueueAsync(Entity.Stocks, stock);
        }
    }

    [Fact]
    [Trait("Defect", "47")]
    public async Task Only_an_old_heartbeat_is_renewed_for_the_leases_length()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        const string seconds = "SELECT round(extract(epoch FROM lease_expires_at - clock_timestamp()))::int FROM rag_index_status WHERE cabinet_id = $1";
        await cabinet.ExecuteAsync("UPDATE rag_index_status SET lease_heartbeat_at = clock_timestamp() - interval '100 s', lease_expires_at = clock_timestamp() + interval '80 s' WHERE cabinet_id = $1");
        await cabinet.Applier.ApplyAsync(cabinet.Input(new ChangeRange(Entity.Stocks, null, null)), Stop);
        Assert.InRange(await cabinet.ScalarAsync<int>(seconds), 160, 180);

        await cabinet.ExecuteAsync("UPDATE rag_index_status SET lease_heartbeat_at = clock_timestamp() - interval '40 s', lease_expires_at = clock_timestamp() + interval '140 s' WHERE cabinet_id = $1");
        await cabinet.Applier.ApplyAsync(cabinet.Input(new ChangeRange(Entity.Stocks, null, null)), Stop);
        Assert.InRange(await cabinet.ScalarAsync<int>(seconds), 120, 140);
    }

    [Fact]
    [Trait("Guarantee", "no-lost-change")]
    public async Task A_delivery_after_the_leases_release_writes_nothing()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(1);
        await cabinet.EnqueueAsync(Entity.Stocks, await cabinet.IdsAsync(Entity.Stocks));
        await cabinet.ExecuteAsync("UPDATE rag_index_status SET lease_owner = NULL, lease_heartbeat_at = NULL, lease_expires_at = NULL WHERE cabinet_id = $1");

        var result = await cabinet.Applier.ApplyAsync(cabinet.Input(new ChangeRange(Entity.Stocks, null, null)), Stop);

        Assert.True(result.Superseded);
        Assert.Equal(0, await cabinet.ChunksAsync(Entity.Stocks));
        Assert.Equal(1, await cabinet.QueuedAsync());
    }

    [Theory]
    [Trait("Guarantee", "one-run")]
    [InlineData("lease_owner = NULL, lease_heartbeat_at = NULL, lease_expires_at = NULL")]
    [InlineData("lease_owner = 'other', lease_token = lease_token + 1, lease_heartbeat_at = clock_timestamp() - interval '70 s', lease_expires_at = clock_timestamp() + interval '1 s'")]
    public async Task A_heartbeat_that_waited_past_its_lease_prolongs_nobody_s(string end)
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.ExecuteAsync("UPDATE rag_index_status SET lease_heartbeat_at = clock_timestamp() - interval '100 s', lease_expires_at = clock_timestamp() + interval '80 s' WHERE cabinet_id = $1");
        await using var ending = await fixture.Source.OpenConnectionAsync(Stop);
        await using var transaction = await ending.BeginTransactionAsync(Stop);
        await using (var command = new NpgsqlCommand($"UPDATE rag_index_status SET {end} WHERE cabinet_id = $1", ending, transaction))
        {
            command.Parameters.AddWithValue(cabinet.Id);
            await command.ExecuteNonQueryAsync(Stop);
        }

        await using var beating = await fixture.Source.OpenConnectionAsync(Stop);
        var heartbeat = LeaseHeartbeat.RenewAsync(beating, cabinet.Id, IndexedCabinet.Token, Stop);
        await Waiting.ForLockAsync(fixture.Source, beating.ProcessID, Stop);
        await transaction.CommitAsync(Stop);
        await heartbeat;

        Assert.False(await cabinet.ScalarAsync<bool>("SELECT COALESCE(lease_expires_at > clock_timestamp() + interval '10 s', false) FROM rag_index_status WHERE cabinet_id = $1"));
    }

    [Fact]
    [Trait("Guarantee", "one-run")]
    public async Task A_lease_taken_before_the_transaction_is_noticed_by_its_token()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(1);
        await cabinet.EnqueueAsync(Entity.Stocks, await cabinet.IdsAsync(Entity.Stocks));
        using var parent = new Activity("page").Start();
        var taken = 0;
        using var listener = AfterFirst("lease_heartbeat_at AS beat", parent, TakeLeaseAsync);

        var result = await cabinet.Applier.ApplyAsync(cabinet.Input(new ChangeRange(Entity.Stocks, null, null)), Stop);

        Assert.Equal(1, taken);
        Assert.True(result.Superseded);
        Assert.Equal((0, 1), (await cabinet.ChunksAsync(Entity.Stocks), await cabinet.QueuedAsync()));

        async Task TakeLeaseAsync()
        {
            taken++;
            await cabinet.ExecuteAsync("UPDATE rag_index_status SET lease_token = lease_token + 1 WHERE cabinet_id = $1");
        }
    }

    /// <summary>An apply of all rows of an entity that is in the middle of its transaction when this returns, until the gate opens.</summary>
    private async Task<Task<ApplyChangesResult>> ApplyUntilAsync(Gate gate, IndexedCabinet cabinet, Entity entity)
    {
        await cabinet.EnqueueAsync(entity, await cabinet.IdsAsync(entity));
        cabinet.RenderWith(fixture.Main, fixture.Rag, gate.Render);
        var apply = Task.Run(() => cabinet.Applier.ApplyAsync(cabinet.Input(new ChangeRange(entity, null, null)), Stop), Stop);
        await gate.Reached;
        return apply;
    }

    /// <summary>Does something once, right after the first statement of the trace with this text, before its caller goes on.</summary>
    private static ActivityListener AfterFirst(string text, Activity trace, Func<Task> then)
    {
        var seen = 0;
        var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = statement =>
            {
                var isMeant = statement.GetTagItem("db.query.text") is string sql && sql.Contains(text, StringComparison.Ordinal);
                if (statement.TraceId == trace.TraceId && isMeant && Interlocked.Exchange(ref seen, 1) == 0)
                {
                    Task.Run(then, Stop).GetAwaiter().GetResult();
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    /// <summary>Renders, but the first time only when it is told to.</summary>
    private sealed class Gate : IDisposable
    {
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _open = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Reached => _reached.Task.WaitAsync(TimeSpan.FromSeconds(30), Stop);

        public RenderedRow Render(SourceRow row)
        {
            var rendered = ChunkRenderer.Render(row);
            _reached.TrySetResult();
            _open.Task.Wait(Stop);
            return rendered;
        }

        public void Open() => _open.TrySetResult();

        public void Dispose() => Open();
    }
}
