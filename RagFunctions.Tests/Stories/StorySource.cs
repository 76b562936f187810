using Npgsql;
using RagFunctions.Core;
using RagFunctions.Core.Changes;

namespace RagFunctions.Tests.Stories;

/// <summary>The marketplace side of a story: rows of one cabinet that come, change and go, and how that is announced.</summary>
internal sealed class StorySource(StoryWorld world, long cabinetId) : IAsyncDisposable
{
    private const int MaxRows = 40;
    private const string IsWaitedFor = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid)))";

    // Not through the proxy: a caller whose announcement fails would repeat it.
    private readonly ChangeQueue _queue = new(world.Main.Main);
    private readonly HashSet<(Entity, long)> _known = [];
    private LateCommit? _late;
    private int _rows;

    /// <summary>Something changed and nobody was told: only a full run can find it.</summary>
    public bool ChangedSilently { get; private set; }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>The row has been this cabinet's at some time.</summary>
    public bool Knows(Entity entity, long id) => _known.Contains((entity, id));

    public async Task InsertAsync(Entity entity, int article, string word, StoryNews news)
    {
        if (_rows < MaxRows)
        {
            _rows++;
            foreach (var id in await MutateAsync(entity, InsertSql(entity, word), article, news))
            {
                _known.Add((entity, id));
            }
        }
    }

    public Task ChangeAsync(Entity entity, int row, StoryNews news) =>
        MutateAsync(entity, Update(entity, "brand = md5(random()::text)", "text = md5(random()::text)"), row, news);

    public Task RenameAsync(int row, StoryNews news) =>
        MutateAsync(Entity.Products, Update(Entity.Products, "name = md5(random()::text)", ""), row, news);

    public Task DeleteAsync(Entity entity, int row, StoryNews news) =>
        MutateAsync(entity, $"DELETE FROM {entity.TableName()} AS t USING {Picked(entity)} RETURNING t.id::bigint", row, news);

    public Task HideAsync(Entity entity, int row, StoryNews news) => MutateAsync(entity, HideSql(entity), row, news);

    /// <summary>Changes every row, entity by entity.</summary>
    public async Task ChangeAllAsync()
    {
        foreach (var entity in EntityNames.All)
        {
            await MutateAsync(entity, EveryRow(entity, entity == Entity.Reviews ? "text = md5(random()::text)" : "brand = md5(random()::text)"), 0, StoryNews.InTheSameTransaction);
        }
    }

    public Task RenameAllAsync() =>
        MutateAsync(Entity.Products, EveryRow(Entity.Products, "name = md5(random()::text)"), 0, StoryNews.InTheSameTransaction);

    /// <summary>Deletes every second row, entity by entity.</summary>
    public async Task DeleteHalfAsync()
    {
        foreach (var entity in EntityNames.All)
        {
            await MutateAsync(
                entity,
                $"DELETE FROM {entity.TableName()} WHERE cabinet_id = $1 AND id % 2 = $2 AND $3::timestamptz IS NOT NULL RETURNING id::bigint",
                0,
                StoryNews.InTheSameTransaction);
        }
    }

    /// <summary>Announces rows on a connection of its own, as a caller of the HTTP API does.</summary>
    public async Task AnnounceAsync(Entity entity, params long[] ids)
    {
        await CommitLateAsync();
        await _queue.EnqueueAsync(
            cabinetId, new Dictionary<Entity, IReadOnlyCollection<long>> { [entity] = ids }, Stop);
    }

    /// <summary>Commits the transaction that was left open: now, or as soon as somebody waits for it.</summary>
    public async Task CommitLateAsync(Task? unlessDone = null)
    {
        if (_late is { } late && unlessDone is not null)
        {
            while (!unlessDone.IsCompleted && !await world.InMainAsync<bool>(IsWaitedFor, late.ProcessId))
            {
                await Task.Delay(2, Stop);
            }
        }

        if (Interlocked.Exchange(ref _late, null) is { } open)
        {
            await open.Transaction.CommitAsync(Stop);
            await open.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_late is not null)
        {
            await _late.DisposeAsync();
        }
    }

    private async Task<List<long>> MutateAsync(Entity entity, string sql, int row, StoryNews news)
    {
        await CommitLateAsync();
        var connection = await world.Main.Source.OpenConnectionAsync(Stop);
        var transaction = await connection.BeginTransactionAsync(Stop);
        var ids = await ChangedAsync(connection, transaction, sql, row);
        ChangedSilently |= news == StoryNews.NotAtAll && ids.Count > 0;
        if (news is StoryNews.InTheSameTransaction or StoryNews.InATransactionThatCommitsLate)
        {
            await ChangeQueue.EnqueueAsync(connection, transaction, cabinetId, entity, ids, Stop);
        }

        var commit = new LateCommit(connection, transaction);
        if (news == StoryNews.InATransactionThatCommitsLate)
        {
            _late = commit;
            return ids;
        }

        await transaction.CommitAsync(Stop);
        await commit.DisposeAsync();
        if (news == StoryNews.AfterItsCommit && ids.Count > 0)
        {
            await AnnounceAsync(entity, [.. ids]);
        }

        return ids;
    }

    private async Task<List<long>> ChangedAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string sql, int row)
    {
        await using var command = new NpgsqlCommand(sql, connection, transaction);
        command.Parameters.AddWithValue(cabinetId);
        command.Parameters.AddWithValue((long)row);
        command.Parameters.AddWithValue(world.BusinessTime.Right.UtcDateTime);
        await using var reader = await command.ExecuteReaderAsync(Stop);
        List<long> ids = [];
        while (await reader.ReadAsync(Stop))
        {
            ids.Add(reader.GetInt64(0));
        }

        return ids;
    }

    private static string Picked(Entity entity) =>
        $"""
        (SELECT id AS picked FROM {entity.TableName()} WHERE cabinet_id = $1
         ORDER BY id OFFSET $2 % GREATEST((SELECT count(*) FROM {entity.TableName()} WHERE cabinet_id = $1), 1) LIMIT 1) AS p
        WHERE t.id = p.picked AND t.cabinet_id = $1 AND $3::timestamptz IS NOT NULL
        """;

    private static string Update(Entity entity, string change, string changeOfReviews) =>
        $"UPDATE {entity.TableName()} AS t SET {(entity == Entity.Reviews ? changeOfReviews : change)} FROM {Picked(entity)} RETURNING t.id::bigint";

    private static string EveryRow(Entity entity, string change) =>
        $"UPDATE {entity.TableName()} SET {change} WHERE cabinet_id = $1 AND $2 >= 0 AND $3::timestamptz IS NOT NULL RETURNING id::bigint";

    private static string HideSql(Entity entity) => Update(
        entity,
        entity switch
        {
            Entity.Products => "is_active = NOT is_active",
            Entity.Orders => "order_date = CASE WHEN order_date IS NULL THEN $3 END",
            Entity.Stocks => "quantity = CASE WHEN quantity > 0 THEN 0 ELSE 3 END",
            _ => "sale_date = CASE WHEN sale_date IS NULL THEN $3 END",
        },
        "created_date = CASE WHEN created_date IS NULL THEN $3 END");

    // A row is dated within the 90 days before business time, as far back as its article number says. Every second review is long.
    private static string InsertSql(Entity entity, string word) => entity switch
    {
        Entity.Products => $"INSERT INTO wb_products (cabinet_id, nm_id, name) SELECT $1, $2, '{word} ' || $2 WHERE $3::timestamptz IS NOT NULL ON CONFLICT DO NOTHING RETURNING id::bigint",
        Entity.Orders => "INSERT INTO wb_orders (cabinet_id, nm_id, order_id, order_date) VALUES ($1, $2, md5(random()::text), $3 - $2 * interval '20 days') RETURNING id::bigint",
        Entity.Stocks => "INSERT INTO wb_stocks (cabinet_id, nm_id, quantity, warehouse_name) SELECT $1, $2, 3, md5(random()::text) WHERE $3::timestamptz IS NOT NULL RETURNING id::bigint",
        Entity.Reviews => $"INSERT INTO wb_reviews (cabinet_id, nm_id, review_id, text, created_date) VALUES ($1, $2, md5(random()::text), repeat('A long {word} of a review. ', 1 + 300 * ($2::int % 2)), $3 - $2 * interval '20 days') RETURNING id::bigint",
        _ => "INSERT INTO wb_sales (cabinet_id, nm_id, sale_id, type, sale_date) VALUES ($1, $2, md5(random()::text), 'buyout', $3 - $2 * interval '20 days') RETURNING id::bigint",
    };

    private sealed record LateCommit(NpgsqlConnection Connection, NpgsqlTransaction Transaction) : IAsyncDisposable
    {
        public int ProcessId { get; } = Connection.ProcessID;

        public async ValueTask DisposeAsync()
        {
            await Transaction.DisposeAsync();
            await Connection.DisposeAsync();
        }
    }
}
