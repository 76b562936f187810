using Npgsql;
using RagFunctions.Core;
using RagFunctions.Core.Changes;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Changes;

public sealed class ChangeQueueTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private readonly ChangeQueue _queue = new(fixture.Main);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Announced_rows_are_taken_by_id_and_stay_until_removed()
    {
        var cabinet = await fixture.AddCabinetAsync();
        await using var connection = await OpenAsync();
        Assert.Equal(3, await ChangeQueue.EnqueueAsync(connection, null, cabinet, Entity.Orders, [7, long.MaxValue, 3, 7], Stop));

        var taken = await TakeAsync(connection, cabinet);
        Assert.Equal([3, 7, long.MaxValue], taken.Ids);
        var again = await TakeAsync(connection, cabinet);
        Assert.Equal(taken.Versions, again.Versions);

        Assert.Equal(3, await DeleteTakenAsync(connection, cabinet, Entity.Orders, taken, Stop));
        Assert.Empty((await TakeAsync(connection, cabinet)).Ids);
    }

    [Fact]
    [Trait("Guarantee", "no-lost-change")]
    public async Task A_row_announced_again_after_it_was_taken_survives_the_removal()
    {
        var cabinet = await fixture.AddCabinetAsync();
        await using var connection = await OpenAsync();
        await ChangeQueue.EnqueueAsync(connection, null, cabinet, Entity.Orders, [1, 2], Stop);
        var taken = await TakeAsync(connection, cabinet);

        await ChangeQueue.EnqueueAsync(connection, null, cabinet, Entity.Orders, [2], Stop);

        Assert.Equal(1, await DeleteTakenAsync(connection, cabinet, Entity.Orders, taken, Stop));
        await AssertIdsAsync([2], TakeAsync(connection, cabinet));
    }

    /// <summary>The one a timestamp loses: the transaction's now() lies before the take, its commit after it.</summary>
    [Fact]
    [Trait("Defect", "34")]
    public async Task A_transaction_committing_after_the_take_loses_nothing()
    {
        var cabinet = await fixture.AddCabinetAsync();
        await using var run = await OpenAsync();
        await using var writer = await OpenAsync();
        await ChangeQueue.EnqueueAsync(run, null, cabinet, Entity.Orders, [1], Stop);

        await using var late = await writer.BeginTransactionAsync(Stop);
        await ChangeQueue.EnqueueAsync(writer, late, cabinet, Entity.Orders, [1, 2], Stop);

        var taken = await TakeAsync(run, cabinet);
        Assert.Equal([1], taken.Ids);
        // The writer still holds the row: the removal neither waits for it nor takes the row away.
        Assert.Equal(0, await DeleteTakenAsync(run, cabinet, Entity.Orders, taken, Stop));
        await late.CommitAsync(Stop);

        Assert.Equal(0, await DeleteTakenAsync(run, cabinet, Entity.Orders, taken, Stop));
        var again = await TakeAsync(run, cabinet);
        Assert.Equal([1, 2], again.Ids);
        Assert.NotEqual(taken.Versions[0], again.Versions[0]);
    }

    [Fact]
    public async Task An_announcement_that_waits_for_a_removal_in_progress_is_queued_anew()
    {
        var cabinet = await fixture.AddCabinetAsync();
        await using var run = await OpenAsync();
        await using var writer = await OpenAsync();
        await ChangeQueue.EnqueueAsync(run, null, cabinet, Entity.Orders, [1], Stop);
        var taken = await TakeAsync(run, cabinet);

        await using var removal = await run.BeginTransactionAsync(Stop);
        Assert.Equal(1, await DeleteTakenAsync(run, cabinet, Entity.Orders, taken, Stop));
        var announcement = ChangeQueue.EnqueueAsync(writer, null, cabinet, Entity.Orders, [1], Stop);
        await Waiting.ForLockAsync(fixture.Source, writer.ProcessID, Stop);
        await removal.CommitAsync(Stop);
        await announcement;

        await AssertIdsAsync([1], TakeAsync(run, cabinet));
    }

    [Fact]
    [Trait("Defect", "34")]
    public async Task An_announcement_rolled_back_with_its_change_was_never_there()
    {
        var cabinet = await fixture.AddCabinetAsync();
        await using var connection = await OpenAsync();
        await using (var transaction = await connection.BeginTransactionAsync(Stop))
        {
            await ChangeQueue.EnqueueAsync(connection, transaction, cabinet, Entity.Orders, [1], Stop);
            await transaction.RollbackAsync(Stop);
        }

        Assert.Empty((await TakeAsync(connection, cabinet)).Ids);
    }

    [Fact]
    [Trait("Guarantee", "no-lost-change")]
    [Trait("Defect", "32")]
    public async Task Announcing_again_keeps_the_age_and_forgives_the_failures()
    {
        var cabinet = await fixture.AddCabinetAsync();
        await using var connection = await OpenAsync();
        await ChangeQueue.EnqueueAsync(connection, null, cabinet, Entity.Orders, [1], Stop);
        var first = Assert.Single(await _queue.CountAsync(cabinet, Stop));
        var taken = await TakeAsync(connection, cabinet);
        await FailAsync(connection, cabinet, Entity.Orders, [new(1, taken.Versions[0], "unreadable")], Stop);
        Assert.Equal((1, 0, 1), await DepthAsync(cabinet));
        Assert.Empty((await TakeAsync(connection, cabinet)).Ids);

        await ChangeQueue.EnqueueAsync(connection, null, cabinet, Entity.Orders, [1], Stop);

        Assert.Equal((1, 1, 0), await DepthAsync(cabinet));
        Assert.Equal(first.OldestChange, Assert.Single(await _queue.CountAsync(cabinet, Stop)).OldestChange);
        await AssertIdsAsync([1], TakeAsync(connection, cabinet));
    }

    [Fact]
    public async Task A_failing_row_waits_twice_as_long_each_time_within_six_hours()
    {
        var cabinet = await fixture.AddCabinetAsync();
        await using var connection = await OpenAsync();
        await ChangeQueue.EnqueueAsync(connection, null, cabinet, Entity.Orders, [1], Stop);
        var version = (await TakeAsync(connection, cabinet)).Versions[0];
        List<double> seconds = [];
        for (var attempt = 1; attempt <= 13; attempt++)
        {
            await FailAsync(connection, cabinet, Entity.Orders, [new(1, version, "unreadable")], Stop);
            seconds.Add(await ScalarAsync<double>(
                "SELECT extract(epoch FROM next_attempt_at - clock_timestamp())::float8 FROM rag_changes WHERE cabinet_id = $1", cabinet));
        }

        double[] expected = [30, 60, 120, 240, 480, 960, 1_920, 3_840, 7_680, 15_360, 21_600, 21_600, 21_600];
        Assert.All(expected.Zip(seconds), pair => Assert.InRange(pair.Second, pair.First - 25, pair.First));
        Assert.Equal(13, await ScalarAsync<int>("SELECT attempts FROM rag_changes WHERE cabinet_id = $1", cabinet));
    }

    [Fact]
    public async Task A_failure_of_an_old_version_does_not_delay_the_new_one()
    {
        var cabinet = await fixture.AddCabinetAsync();
        await using var connection = await OpenAsync();
        await ChangeQueue.EnqueueAsync(connection, null, cabinet, Entity.Orders, [1], Stop);
        var taken = await TakeAsync(connection, cabinet);
        await ChangeQueue.EnqueueAsync(connection, null, cabinet, Entity.Orders, [1], Stop);

        await FailAsync(connection, cabinet, Entity.Orders, [new(1, taken.Versions[0], "unreadable")], Stop);

        await AssertIdsAsync([1], TakeAsync(connection, cabinet));
    }

    [Fact]
    public async Task A_row_that_fails_in_a_full_run_yields_to_newer_changes()
    {
        var cabinet = await fixture.AddCabinetAsync();
        await using var connection = await OpenAsync();
        await ChangeQueue.EnqueueAsync(connection, null, cabinet, Entity.Orders, [2], Stop);

        await FailAsync(connection, cabinet, Entity.Orders, [new(1, null, "unreadable"), new(2, null, "unreadable")], Stop);

        Assert.Equal((2, 1, 1), await DepthAsync(cabinet));
        await AssertIdsAsync([2], TakeAsync(connection, cabinet));
    }

    [Fact]
    public async Task Blocked_rows_wait_an_hour_or_for_a_request_that_allows_them()
    {
        var cabinet = await fixture.AddCabinetAsync();
        await using var connection = await OpenAsync();
        await ChangeQueue.EnqueueAsync(connection, null, cabinet, Entity.Orders, [1, 2], Stop);
        var taken = await TakeAsync(connection, cabinet);
        await using (var batch = new NpgsqlBatch(connection))
        {
            batch.BatchCommands.Add(ChangeQueue.BlockCommand(cabinet, Entity.Orders, taken, "600 of 1000 rows are gone"));
            await batch.ExecuteNonQueryAsync(Stop);
        }

        Assert.Empty((await TakeAsync(connection, cabinet)).Ids);
        await AssertIdsAsync([1, 2], TakeAsync(connection, cabinet, includeBlocked: true));
        Assert.Equal(2, Assert.Single(await _queue.CountAsync(cabinet, Stop)).Blocked);
        await AssertIdsAsync([1, 2], ChangeQueue.TakeAllAsync(connection, cabinet, Entity.Orders, 0, long.MaxValue, 10, Stop));
    }

    [Fact]
    public async Task Transactions_that_announce_in_opposite_orders_all_come_through()
    {
        var cabinet = await fixture.AddCabinetAsync();
        long[] up = [.. Enumerable.Range(1, 3_000).Select(id => (long)id)];
        long[] down = [.. up.Reverse()];
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(
            async () =>
            {
                var ids = writer % 2 == 0 ? up : down;
                await using var connection = await OpenAsync();
                for (var i = 0; i < 3; i++)
                {
                    await ChangeQueue.EnqueueAsync(connection, null, cabinet, Entity.Orders, ids, Stop);
                }
            },
            Stop)));
        Assert.Equal((3_000, 3_000, 0), await DepthAsync(cabinet));
    }

    [Fact]
    public async Task A_deadlock_with_an_unordered_writer_is_retried()
    {
        var cabinet = await fixture.AddCabinetAsync();
        await using var rude = await OpenAsync();
        await ChangeQueue.EnqueueAsync(rude, null, cabinet, Entity.Orders, [1, 2], Stop);
        await using var transaction = await rude.BeginTransactionAsync(Stop);
        // The rude writer is never the victim: it looks for a deadlock much later than the queue's transaction does.
        await ExecuteAsync(rude, "SET LOCAL deadlock_timeout = '60s'");
        await ChangeQueue.EnqueueAsync(rude, transaction, cabinet, Entity.Orders, [2], Stop);

        var announcement = Task.Run(
            () => _queue.EnqueueAsync(cabinet, new Dictionary<Entity, IReadOnlyCollection<long>> { [Entity.Orders] = [1, 2] }, Stop), Stop);
        await Waiting.ForAnyLockAsync(fixture.Source, rude.ProcessID, Stop);
        await ChangeQueue.EnqueueAsync(rude, transaction, cabinet, Entity.Orders, [1], Stop);
        await transaction.CommitAsync(Stop);

        Assert.Equal(2, await announcement);
        Assert.Equal((2, 2, 0), await DepthAsync(cabinet));
    }

    [Fact]
    [Trait("Defect", "36")]
    public async Task A_hundred_thousand_ids_of_several_entities_go_in_at_once()
    {
        var cabinet = await fixture.AddCabinetAsync();
        var ids = Enumerable.Range(1, 50_000).Select(id => (long)id).ToArray();
        var announced = await _queue.EnqueueAsync(
            cabinet, new Dictionary<Entity, IReadOnlyCollection<long>> { [Entity.Stocks] = ids, [Entity.Orders] = ids }, Stop);
        Assert.Equal(100_000, announced);
        var depths = await _queue.CountAsync(cabinet, Stop);
        Assert.Equal([(Entity.Orders, 50_000L), (Entity.Stocks, 50_000L)], depths.Select(depth => (depth.Entity, depth.Rows)));
        Assert.Equal(100_000, await ScalarAsync<long>("SELECT count(DISTINCT version) FROM rag_changes WHERE cabinet_id = $1", cabinet));
    }

    [Fact]
    public async Task Cabinets_and_entities_do_not_see_each_others_rows()
    {
        var one = await fixture.AddCabinetAsync();
        var other = await fixture.AddCabinetAsync();
        await using var connection = await OpenAsync();
        await ChangeQueue.EnqueueAsync(connection, null, one, Entity.Orders, [1], Stop);
        await ChangeQueue.EnqueueAsync(connection, null, one, Entity.Sales, [2], Stop);
        await ChangeQueue.EnqueueAsync(connection, null, other, Entity.Orders, [1], Stop);
        var taken = await TakeAsync(connection, one);
        Assert.Equal([1], taken.Ids);

        Assert.Equal(0, await DeleteTakenAsync(connection, other, Entity.Orders, taken, Stop));
        Assert.Equal(2, await _queue.DropCabinetAsync(one, Stop));
        Assert.Empty(await _queue.CountAsync(one, Stop));
        Assert.Single(await _queue.CountAsync(other, Stop));
    }

    [Fact]
    public async Task Only_the_full_run_request_that_was_served_is_removed()
    {
        var cabinet = await fixture.AddCabinetAsync();
        Assert.Null(await FullRequestAsync(cabinet));
        const string store = """
            INSERT INTO rag_changes (cabinet_id, source_table, source_id) VALUES ($1, '*', 0)
            ON CONFLICT (cabinet_id, source_table, source_id) DO UPDATE SET version = nextval('rag_changes_version_seq')
            RETURNING version
            """;
        var first = await ScalarAsync<long>(store, cabinet);
        Assert.Equal(first, await FullRequestAsync(cabinet));
        var second = await ScalarAsync<long>(store, cabinet);
        await _queue.DeleteFullRequestAsync(cabinet, first, Stop);
        Assert.Equal(second, await FullRequestAsync(cabinet));
        await _queue.DeleteFullRequestAsync(cabinet, second, Stop);
        Assert.Null(await FullRequestAsync(cabinet));
        Assert.Empty(await _queue.CountAsync(cabinet, Stop));
    }

    private static Task<TakenChanges> TakeAsync(NpgsqlConnection connection, long cabinet, bool includeBlocked = false) =>
        ChangeQueue.TakeAsync(connection, cabinet, Entity.Orders, long.MinValue, long.MaxValue, 2_000, includeBlocked, Stop);

    private static async Task AssertIdsAsync(long[] expected, Task<TakenChanges> taken)
    {
        var actual = await taken;
        Assert.Equal(expected, actual.Ids);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(Stop);
    }

    private ValueTask<NpgsqlConnection> OpenAsync() => fixture.Source.OpenConnectionAsync(Stop);

    private async Task<(long Rows, long Due, long Failed)> DepthAsync(long cabinet)
    {
        var depth = Assert.Single(await _queue.CountAsync(cabinet, Stop));
        return (depth.Rows, depth.Due, depth.Failed);
    }

    private async Task<T> ScalarAsync<T>(string sql, long cabinet)
    {
        await using var command = fixture.Source.CreateCommand(sql);
        command.Parameters.AddWithValue(cabinet);
        return (T)(await command.ExecuteScalarAsync(Stop))!;
    }

    private static Task<int> DeleteTakenAsync(
        NpgsqlConnection connection, long cabinet, Entity entity, TakenChanges taken, CancellationToken cancellationToken) =>
        ExecuteAsync(connection, ChangeQueue.DeleteTakenCommand(cabinet, entity, taken), cancellationToken);

    private static Task<int> FailAsync(
        NpgsqlConnection connection, long cabinet, Entity entity, FailedChange[] failed, CancellationToken cancellationToken) =>
        ExecuteAsync(connection, ChangeQueue.FailCommand(cabinet, entity, failed), cancellationToken);

    private static async Task<int> ExecuteAsync(NpgsqlConnection connection, NpgsqlBatchCommand command, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { command } };
        return await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<long?> FullRequestAsync(long cabinet) =>
        (await new SourceFactsReader(fixture.Main).ReadAsync(cabinet, Stop)).FullRequestVersion;
}
