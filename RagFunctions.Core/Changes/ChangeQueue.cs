using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Changes;

/// <summary>
/// The queue of rows to look at again, <c>rag_changes</c> in the main database: one row for each changed source row, however
/// often it changed.
/// </summary>
/// <remarks>
/// A row's version comes from a sequence and moves with every announcement. A run reads (id, version), then the source row, and
/// after its commit removes the queue row only if the version is still the one it read. So a change is lost in no order of
/// commits, and no timestamp decides anything. Every statement is set-based and touches rows in the order of the primary key.
/// </remarks>
public sealed class ChangeQueue(MainDatabase main)
{
    /// <summary>Most ids one statement enqueues; more are sent in further statements of the same transaction.</summary>
    public const int MaxIdsPerStatement = 100_000;

    /// <summary>Begins <c>last_error</c> of rows that the guard against mass deletion keeps.</summary>
    public const string BlockedPrefix = "blocked:";

    private const int MaxErrorLength = 500;

    private const string Enqueue = """
        INSERT INTO rag_changes (cabinet_id, source_table, source_id)
        SELECT $1, changed.source_table, changed.source_id
        FROM unnest($2, $3) AS changed (source_table, source_id)
        ORDER BY changed.source_table COLLATE "C", changed.source_id
        ON CONFLICT (cabinet_id, source_table, source_id) DO UPDATE
        SET version = nextval('rag_changes_version_seq'), attempts = 0, last_error = NULL, next_attempt_at = NULL
        """;

    private const string TakeDue = """
        SELECT source_id, version
        FROM rag_changes
        WHERE cabinet_id = $1 AND source_table = $2 AND source_id >= $3 AND source_id <= $4
          AND (next_attempt_at IS NULL OR next_attempt_at <= clock_timestamp() OR ($6 AND starts_with(last_error, 'blocked:')))
        ORDER BY source_id
        LIMIT $5
        """;

    private const string TakeAll = """
        SELECT source_id, version
        FROM rag_changes
        WHERE cabinet_id = $1 AND source_table = $2 AND source_id >= $3 AND source_id <= $4
        ORDER BY source_id
        LIMIT $5
        """;

    // A locked row is being moved by a transaction that announces a newer change: it would survive anyway, so nobody waits for it.
    // A version stands for one announcement of one row, so no pairs are matched; and by row address no plan can join every queued
    // row with every taken one, as one did on a queue without statistics (5,000 rows: 6 s). Rows taken together lie side by side in the
    // queue: one walk from the first to the last instead of a search for each.
    private const string LockTaken = """
            SELECT ctid
            FROM rag_changes
            WHERE cabinet_id = $1 AND source_table = $2 AND source_id BETWEEN $3 AND $4 AND version = ANY ($5)
            ORDER BY source_id
            FOR UPDATE SKIP LOCKED
        """;

    private const string DeleteTaken = $"""
        DELETE FROM rag_changes
        WHERE ctid = ANY (ARRAY(
        {LockTaken}))
        """;

    // 30 s, 1 min, 2 min … 6 h by the clock of the database. A row that moved since it was taken deserves its own first try.
    private const string Fail = """
        INSERT INTO rag_changes AS queued (cabinet_id, source_table, source_id, version, attempts, last_error, next_attempt_at)
        SELECT $1, $2, failed.source_id, COALESCE(failed.version, nextval('rag_changes_version_seq')), 1, failed.error,
               clock_timestamp() + interval '30 seconds'
        FROM unnest($3, $4, $5) AS failed (source_id, version, error)
        ORDER BY failed.source_id
        ON CONFLICT (cabinet_id, source_table, source_id) DO UPDATE
        SET attempts = queued.attempts + 1,
            last_error = EXCLUDED.last_error,
            next_attempt_at = clock_timestamp()
                + LEAST(interval '30 seconds' * power(2, LEAST(queued.attempts, 20)), interval '6 hours')
        WHERE queued.version = EXCLUDED.version
        """;

    private const string Block = $"""
        UPDATE rag_changes
        SET last_error = $6, next_attempt_at = clock_timestamp() + interval '1 hour'
        WHERE ctid = ANY (ARRAY(
        {LockTaken}))
        """;

    private const string Count = """
        SELECT source_table, count(*),
               count(*) FILTER (WHERE next_attempt_at IS NULL OR next_attempt_at <= clock_timestamp()),
               count(*) FILTER (WHERE attempts > 0),
               count(*) FILTER (WHERE starts_with(last_error, 'blocked:')),
               min(first_changed_at)
        FROM rag_changes
        WHERE cabinet_id = $1 AND source_table <> '*'
        GROUP BY source_table
        """;

    private const string CountUnknown = "SELECT count(*) FROM rag_changes_unknown";

    private const string DropCabinet =
        "DELETE FROM rag_changes WHERE ctid = ANY (ARRAY(SELECT ctid FROM rag_changes WHERE cabinet_id = $1 LIMIT 20000))";

    private const string DeleteFullRequest =
        "DELETE FROM rag_changes WHERE cabinet_id = $1 AND source_table = '*' AND source_id = 0 AND version = $2";

    /// <summary>
    /// Announces changed rows on the caller's connection, within its transaction: the announcement is then committed with the
    /// change itself, or not at all.
    /// </summary>
    /// <param name="connection">An open connection of the main database.</param>
    /// <param name="transaction">The caller's transaction; null = each statement commits by itself.</param>
    /// <param name="entity">Whose rows.</param>
    /// <param name="ids">Row primary keys, in any order, repeats allowed.</param>
    /// <returns>How many distinct rows were announced.</returns>
    /// <exception cref="PostgresException">Also 40P01 (deadlock): the caller repeats its transaction.</exception>
    public static async Task<int> EnqueueAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction? transaction,
        long cabinetId,
        Entity entity,
        IReadOnlyCollection<long> ids,
        CancellationToken cancellationToken)
    {
        var sorted = Sorted(ids);
        foreach (var part in sorted.Chunk(MaxIdsPerStatement))
        {
            var tables = new string[part.Length];
            Array.Fill(tables, entity.TableName());
            await EnqueueAsync(connection, transaction, cabinetId, tables, part, cancellationToken);
        }

        return sorted.Length;
    }

    /// <summary>Announces changed rows that are already committed, on a connection of its own; all of them or none.</summary>
    /// <param name="changed">Row primary keys of each entity, in any order, repeats allowed.</param>
    /// <returns>How many distinct rows were announced.</returns>
    /// <remarks>A deadlock with another writer of the queue is answered by another try, at most six.</remarks>
    public async Task<int> EnqueueAsync(
        long cabinetId, IReadOnlyDictionary<Entity, IReadOnlyCollection<long>> changed, CancellationToken cancellationToken)
    {
        List<string> tables = [];
        List<long> ids = [];
        foreach (var (entity, rows) in changed.OrderBy(pair => pair.Key.TableName(), StringComparer.Ordinal))
        {
            var sorted = Sorted(rows);
            ids.AddRange(sorted);
            tables.AddRange(Enumerable.Repeat(entity.TableName(), sorted.Length));
        }

        if (ids.Count == 0)
        {
            return 0;
        }

        await DatabaseRetries.Concurrency.ExecuteAsync(
            async token =>
            {
                await using var connection = await main.Source.OpenConnectionAsync(token);
                await using var transaction = await connection.BeginTransactionAsync(token);
                for (var start = 0; start < ids.Count; start += MaxIdsPerStatement)
                {
                    var length = Math.Min(MaxIdsPerStatement, ids.Count - start);
                    await EnqueueAsync(
                        connection, transaction, cabinetId,
                        [.. tables.GetRange(start, length)], [.. ids.GetRange(start, length)], token);
                }

                await transaction.CommitAsync(token);
            },
            cancellationToken);
        return ids.Count;
    }

    /// <summary>Looks at the due rows of an interval of ids without removing them.</summary>
    /// <param name="connection">An open connection of the main database.</param>
    /// <param name="entity">Whose rows.</param>
    /// <param name="first">First id, inclusive.</param>
    /// <param name="last">Last id, inclusive.</param>
    /// <param name="limit">Most rows to return, those with the lowest ids.</param>
    /// <param name="includeBlocked">Also rows the guard against mass deletion keeps: the request allows it now.</param>
    public static async Task<TakenChanges> TakeAsync(
        NpgsqlConnection connection, long cabinetId, Entity entity, long first, long last, int limit, bool includeBlocked,
        CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(TakeDue, connection)
        {
            Parameters =
            {
                Parameter.Of<long>(cabinetId),
                Parameter.Of<string>(entity.TableName()),
                Parameter.Of<long>(first),
                Parameter.Of<long>(last),
                Parameter.Of<int>(limit),
                Parameter.Of<bool>(includeBlocked),
            },
        };
        return await ReadTakenAsync(command, cancellationToken);
    }

    /// <summary>Looks at all rows of an interval of ids, due or not, without removing them: a full run covers every one of them.</summary>
    public static async Task<TakenChanges> TakeAllAsync(
        NpgsqlConnection connection, long cabinetId, Entity entity, long first, long last, int limit, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(TakeAll, connection)
        {
            Parameters =
            {
                Parameter.Of<long>(cabinetId),
                Parameter.Of<string>(entity.TableName()),
                Parameter.Of<long>(first),
                Parameter.Of<long>(last),
                Parameter.Of<int>(limit),
            },
        };
        return await ReadTakenAsync(command, cancellationToken);
    }

    /// <summary>
    /// Removes the rows whose version is still the one taken, at least one. Call it after what they ask for is committed.
    /// </summary>
    public static NpgsqlBatchCommand DeleteTakenCommand(long cabinetId, Entity entity, TakenChanges taken) => new(DeleteTaken)
    {
        Parameters =
        {
            Parameter.Of<long>(cabinetId),
            Parameter.Of<string>(entity.TableName()),
            Parameter.Of<long>(taken.Ids[0]),
            Parameter.Of<long>(taken.Ids[^1]),
            Parameter.Of<long[]>(taken.Versions),
        },
    };

    /// <summary>
    /// Keeps rows with their error and a next attempt: 30 s after the first failure, doubling to six hours. A row that was not
    /// queued is queued.
    /// </summary>
    public static NpgsqlBatchCommand FailCommand(long cabinetId, Entity entity, IReadOnlyCollection<FailedChange> failed) => new(Fail)
    {
        Parameters =
        {
            Parameter.Of<long>(cabinetId),
            Parameter.Of<string>(entity.TableName()),
            Parameter.Of<long[]>([.. failed.Select(row => row.Id)]),
            Parameter.Of(failed.Select(row => row.Version).ToArray()),
            Parameter.Of<string[]>([.. failed.Select(row => Cut(row.Error))]),
        },
    };

    /// <summary>Keeps rows whose deletion the guard refuses; they are looked at again in an hour, or when a request allows it.</summary>
    public static NpgsqlBatchCommand BlockCommand(long cabinetId, Entity entity, TakenChanges kept, string reason) => new(Block)
    {
        Parameters =
        {
            Parameter.Of<long>(cabinetId),
            Parameter.Of<string>(entity.TableName()),
            Parameter.Of<long>(kept.Ids[0]),
            Parameter.Of<long>(kept.Ids[^1]),
            Parameter.Of<long[]>(kept.Versions),
            Parameter.Of(Cut($"{BlockedPrefix} {reason}")),
        },
    };

    /// <summary>What waits, for each entity that has anything queued.</summary>
    public async Task<IReadOnlyList<QueueDepth>> CountAsync(long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = main.Source.CreateCommand(Count);
        command.Parameters.Add(Parameter.Of<long>(cabinetId));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<QueueDepth> depths = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            if (EntityNames.TryParseTableName(reader.GetString(0), out var entity))
            {
                depths.Add(new QueueDepth(
                    entity, reader.GetInt64(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4),
                    reader.GetFieldValue<DateTimeOffset>(5)));
            }
        }

        return [.. depths.OrderBy(depth => depth.Entity)];
    }

    /// <summary>Rows that named a table which is not indexed and were put aside when the database was migrated.</summary>
    public static async Task<long> CountUnknownAsync(NpgsqlDataSource main, CancellationToken cancellationToken)
    {
        await using var command = main.CreateCommand(CountUnknown);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Forgets everything queued for a cabinet that is no longer indexed.</summary>
    /// <returns>How many rows were removed.</returns>
    public async Task<int> DropCabinetAsync(long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = main.Source.CreateCommand(DropCabinet);
        command.Parameters.Add(Parameter.Of<long>(cabinetId));
        var removed = 0;
        for (int gone; (gone = await command.ExecuteNonQueryAsync(cancellationToken)) > 0;)
        {
            removed += gone;
        }

        return removed;
    }

    /// <summary>Removes the stored request for a full rebuild if it is still the one that was served.</summary>
    public async Task DeleteFullRequestAsync(long cabinetId, long version, CancellationToken cancellationToken)
    {
        await using var command = main.Source.CreateCommand(DeleteFullRequest);
        command.Parameters.Add(Parameter.Of<long>(cabinetId));
        command.Parameters.Add(Parameter.Of<long>(version));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task EnqueueAsync(
        NpgsqlConnection connection, NpgsqlTransaction? transaction, long cabinetId, string[] tables, long[] ids,
        CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Enqueue, connection, transaction)
        {
            Parameters =
            {
                Parameter.Of<long>(cabinetId),
                Parameter.Of<string[]>(tables),
                Parameter.Of<long[]>(ids),
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<TakenChanges> ReadTakenAsync(NpgsqlCommand command, CancellationToken cancellationToken)
    {
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<long> ids = [];
        List<long> versions = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            ids.Add(reader.GetInt64(0));
            versions.Add(reader.GetInt64(1));
        }

        return ids.Count == 0 ? TakenChanges.None : new TakenChanges([.. ids], [.. versions]);
    }

    private static long[] Sorted(IReadOnlyCollection<long> ids)
    {
        long[] sorted = [.. ids.Distinct()];
        Array.Sort(sorted);
        return sorted;
    }

    private static string Cut(string text) => text.Length <= MaxErrorLength ? text : text[..MaxErrorLength];
}

/// <summary>Queue rows as they stood when they were looked at, in order of id. The rows stay in the queue until what they ask for is committed.</summary>
/// <param name="Ids">Row primary keys, ascending.</param>
/// <param name="Versions">The version of each row of <paramref name="Ids"/>; a later change of the same row has another one.</param>
public sealed record TakenChanges(long[] Ids, long[] Versions)
{
    /// <summary>Nothing was due.</summary>
    public static TakenChanges None { get; } = new([], []);
}

/// <summary>A row that could not be indexed.</summary>
/// <param name="Id">Row primary key.</param>
/// <param name="Version">The queue version that was taken; null when the row was not queued (full run): it is queued now.</param>
/// <param name="Error">What went wrong, without secrets or personal data. Cut to 500 characters.</param>
public readonly record struct FailedChange(long Id, long? Version, string Error);

/// <summary>What waits in the change queue for one entity of one cabinet.</summary>
/// <param name="Entity">Whose rows.</param>
/// <param name="Rows">All queued rows.</param>
/// <param name="Due">Those a run would take now.</param>
/// <param name="Failed">Those that failed at least once.</param>
/// <param name="Blocked">Those the guard against mass deletion keeps.</param>
/// <param name="OldestChange">When the oldest of them was first announced, by the clock of the main database.</param>
public sealed record QueueDepth(Entity Entity, long Rows, long Due, long Failed, long Blocked, DateTimeOffset OldestChange);
