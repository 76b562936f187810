using Npgsql;
using RagFunctions.Core;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Store;
using RagFunctions.Tests.Faults;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Store;

/// <summary>Plays a story on a cabinet of its own: the source changes directly, the rounds go through a proxy that cuts connections.</summary>
internal sealed class Story(DatabaseFixture fixture, FaultProxy proxy, MainDatabase main, RagDatabase rag) : IAsyncDisposable
{
    private const int MaxRows = 40;
    private readonly List<ApplyRangeInput> _delivered = [];
    private IndexedCabinet _cabinet = null!;
    private NpgsqlConnection? _late;
    private NpgsqlTransaction? _lateTransaction;
    private long _token = IndexedCabinet.Token;
    private int _rows;
    private bool _needsFull;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Plays it, then one healthy run; index, vectors and queue must be right.</summary>
    public async Task PlayAsync(IReadOnlyList<StoryStep> steps)
    {
        _cabinet = await IndexedCabinet.CreateAsync(fixture, main, rag);
        foreach (var step in steps)
        {
            await PlayAsync(step);
        }

        proxy.Arm(0, default);
        await CommitLateAsync();
        await NextTokenAsync();
        if (_needsFull)
        {
            await RoundAsync(RunMode.Full);
        }

        for (var round = 0; round < 5; round++)
        {
            await RoundAsync(RunMode.Incremental);
        }

        await _cabinet.EmbedAsync();
        var report = await _cabinet.VerifyAsync();
        Assert.True(report.IsClean, report.ToString() + string.Join(", ", report.Examples));
        Assert.Equal(0, await _cabinet.WrongVectorsAsync());
        Assert.Equal(0, await _cabinet.QueuedAsync());
    }

    public async ValueTask DisposeAsync()
    {
        if (_late is not null)
        {
            await _lateTransaction!.DisposeAsync();
            await _late.DisposeAsync();
        }
    }

    private async Task PlayAsync(StoryStep step)
    {
        var entity = EntityNames.All[step.Which % 5];
        switch (step.Act)
        {
            case StoryAct.Insert when _rows < MaxRows:
                _rows++;
                await MutateAsync(entity, Insert(entity), 1 + (step.Row % 4), step.News);
                break;
            case StoryAct.Change:
                await MutateAsync(entity, Update(entity, "brand = md5(random()::text)", "text = md5(random()::text)"), step.Row, step.News);
                break;
            case StoryAct.Delete:
                await MutateAsync(entity, $"DELETE FROM {entity.TableName()} AS t USING {Picked(entity)} RETURNING t.id::bigint", step.Row, step.News);
                break;
            case StoryAct.Rename:
                await MutateAsync(Entity.Products, Update(Entity.Products, "name = md5(random()::text)", ""), step.Row, step.News);
                break;
            case StoryAct.Hide:
                await MutateAsync(entity, Hide(entity), step.Row, step.News);
                break;
            case StoryAct.TimePasses:
                _cabinet.AsOf += TimeSpan.FromDays(step.Row % 50);
                break;
            case StoryAct.Round:
                await UnderFaultAsync(step, () => RoundAsync(RunMode.Incremental));
                break;
            case StoryAct.FullRound:
                await UnderFaultAsync(step, () => RoundAsync(RunMode.Full));
                break;
            case StoryAct.TwoDeliveriesAtOnce:
                await UnderFaultAsync(step, () => Task.WhenAll(DeliverAsync(entity), DeliverAsync(entity)));
                break;
            case StoryAct.LateDelivery when _delivered.Count > 0:
                await UnderFaultAsync(step, () => _cabinet.Applier.ApplyAsync(_delivered[step.Row % _delivered.Count], Stop));
                break;
            case StoryAct.Embed:
                await _cabinet.EmbedAsync();
                break;
            case StoryAct.ForeignIds:
                await CommitLateAsync();
                await _cabinet.EnqueueAsync(entity, step.Row, step.Row + 1_000_000, long.MaxValue);
                break;
        }
    }

    /// <summary>A connection that dies fails the activity, and the rest of the round is not done; a full run that fails stays requested.</summary>
    private async Task UnderFaultAsync(StoryStep step, Func<Task> act)
    {
        proxy.Arm(step.FaultAt, step.AnswerLost ? FaultKind.AnswerLost : FaultKind.BeforeRequest);
        try
        {
            var running = act();
            await UntilDoneOrWaitingForTheLateOneAsync(running);
            await running;
        }
        catch (Exception error) when (error is NpgsqlException or IOException or ObjectDisposedException)
        {
            _needsFull |= step.Act != StoryAct.Round;
        }

        proxy.Arm(0, default);
    }

    private async Task RoundAsync(RunMode mode)
    {
        await NextTokenAsync();
        await using (var index = await rag.Source.OpenConnectionAsync(Stop))
        {
            await ExpiredChunks.DeleteAsync(index, _cabinet.Id, _cabinet.AsOf, Stop);
        }

        var plan = mode == RunMode.Full
            ? await _cabinet.Planner.PlanFullAsync(_cabinet.Id, _cabinet.AsOf, false, Stop)
            : await _cabinet.Planner.PlanDeltaAsync(_cabinet.Id, false, Stop);
        foreach (var range in plan.Ranges)
        {
            var input = _cabinet.Input(range, mode, _token);
            _delivered.Add(input);
            await _cabinet.Applier.ApplyAsync(input, Stop);
        }
    }

    private Task<ApplyResult> DeliverAsync(Entity entity) =>
        _cabinet.Applier.ApplyAsync(_cabinet.Input(new ChangeRange(entity, null, null), RunMode.Incremental, _token), Stop);

    private Task NextTokenAsync() =>
        _cabinet.ExecuteAsync("UPDATE rag_index_status SET lease_token = $2 WHERE cabinet_id = $1", ++_token);

    private async Task MutateAsync(Entity entity, string sql, int row, StoryNews news)
    {
        await CommitLateAsync();
        var connection = await fixture.Source.OpenConnectionAsync(Stop);
        var transaction = await connection.BeginTransactionAsync(Stop);
        var ids = new List<long>();
        await using (var command = new NpgsqlCommand(sql, connection, transaction))
        {
            command.Parameters.AddWithValue(_cabinet.Id);
            command.Parameters.AddWithValue((long)row);
            command.Parameters.AddWithValue(_cabinet.AsOf.UtcDateTime);
            await using var reader = await command.ExecuteReaderAsync(Stop);
            while (await reader.ReadAsync(Stop))
            {
                ids.Add(reader.GetInt64(0));
            }
        }

        _needsFull |= news == StoryNews.NotAtAll && ids.Count > 0;
        if (news is StoryNews.InTheSameTransaction or StoryNews.InATransactionThatCommitsLate)
        {
            await ChangeQueue.EnqueueAsync(connection, transaction, _cabinet.Id, entity, ids, Stop);
        }

        if (news == StoryNews.InATransactionThatCommitsLate)
        {
            (_late, _lateTransaction) = (connection, transaction);
            return;
        }

        await transaction.CommitAsync(Stop);
        await transaction.DisposeAsync();
        await connection.DisposeAsync();
        if (news == StoryNews.AfterItsCommit && ids.Count > 0)
        {
            await _cabinet.EnqueueAsync(entity, [.. ids]);
        }
    }

    private async Task UntilDoneOrWaitingForTheLateOneAsync(Task running)
    {
        if (_late is null)
        {
            return;
        }

        const string waitedFor = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE $2 = ANY (pg_blocking_pids(pid))) AND $1 > 0";
        while (!running.IsCompleted && !await _cabinet.ScalarAsync<bool>(waitedFor, _late.ProcessID))
        {
            await Task.Yield();
        }

        await CommitLateAsync();
    }

    private async Task CommitLateAsync()
    {
        if (_late is { } connection && _lateTransaction is { } transaction)
        {
            (_late, _lateTransaction) = (null, null);
            await transaction.CommitAsync(Stop);
            await transaction.DisposeAsync();
            await connection.DisposeAsync();
        }
    }

    private static string Picked(Entity entity) =>
        $"""
        (SELECT id AS picked FROM {entity.TableName()} WHERE cabinet_id = $1
         ORDER BY id OFFSET $2 % GREATEST((SELECT count(*) FROM {entity.TableName()} WHERE cabinet_id = $1), 1) LIMIT 1) AS p
        WHERE t.id = p.picked AND t.cabinet_id = $1 AND $3::timestamptz IS NOT NULL
        """;

    private static string Update(Entity entity, string change, string changeOfReviews) =>
        $"UPDATE {entity.TableName()} AS t SET {(entity == Entity.Reviews ? changeOfReviews : change)} FROM {Picked(entity)} RETURNING t.id::bigint";

    private static string Hide(Entity entity) => Update(
        entity,
        entity switch
        {
            Entity.Products => "is_active = NOT is_active",
            Entity.Orders => "order_date = CASE WHEN order_date IS NULL THEN $3 END",
            Entity.Stocks => "quantity = CASE WHEN quantity > 0 THEN 0 ELSE 3 END",
            _ => "sale_date = CASE WHEN sale_date IS NULL THEN $3 END",
        },
        "created_date = CASE WHEN created_date IS NULL THEN $3 END");

    // A late row is dated within the 90 days before business time, as far back as its article number says.
    private static string Insert(Entity entity) => entity switch
    {
        Entity.Products => "INSERT INTO wb_products (cabinet_id, nm_id, name) SELECT $1, $2, 'n' || $2 WHERE $3::timestamptz IS NOT NULL ON CONFLICT DO NOTHING RETURNING id::bigint",
        Entity.Orders => "INSERT INTO wb_orders (cabinet_id, nm_id, order_id, order_date) VALUES ($1, $2, md5(random()::text), $3 - $2 * interval '20 days') RETURNING id::bigint",
        Entity.Stocks => "INSERT INTO wb_stocks (cabinet_id, nm_id, quantity, warehouse_name) SELECT $1, $2, 3, md5(random()::text) WHERE $3::timestamptz IS NOT NULL RETURNING id::bigint",
        Entity.Reviews => "INSERT INTO wb_reviews (cabinet_id, nm_id, review_id, text, created_date) VALUES ($1, $2, md5(random()::text), repeat('A long review. ', 1 + 300 * ($2::int % 2)), $3 - $2 * interval '20 days') RETURNING id::bigint",
        _ => "INSERT INTO wb_sales (cabinet_id, nm_id, sale_id, type, sale_date) VALUES ($1, $2, md5(random()::text), 'buyout', $3 - $2 * interval '20 days') RETURNING id::bigint",
    };
}
