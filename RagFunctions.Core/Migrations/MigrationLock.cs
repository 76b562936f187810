using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Migrations;

/// <summary>
/// One migrating process per database. Held by a transaction on a connection of its own, so that it goes with the connection when a
/// process dies, and so that a pooler which lends sessions for one transaction neither loses nor keeps it.
/// </summary>
internal sealed class MigrationLock : IAsyncDisposable
{
    // "rag_migr" in ASCII: one lock for both sets, because they may share a database.
    private const long Key = 0x7261675F6D696772;

    private const string TryLock = "SELECT pg_try_advisory_xact_lock($1)";

    // The transaction stands idle for as long as an index takes to be built. It holds no snapshot for which that build would wait.
    private const string StayIdle = "SET LOCAL idle_in_transaction_session_timeout = 0";

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;

    private MigrationLock(NpgsqlConnection connection, NpgsqlTransaction transaction) => (_connection, _transaction) = (connection, transaction);

    /// <summary>Waits until the lock is free and takes it; <paramref name="onWaiting"/> is called once if it is not free at once.</summary>
    public static async Task<MigrationLock> TakeAsync(NpgsqlDataSource database, Action onWaiting, CancellationToken cancellationToken)
    {
        var connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            // Asked again and again rather than waited for: a session blocked in pg_advisory_xact_lock holds a snapshot, and the
            // concurrent index builds of the lock's owner would wait for that snapshot for ever.
            for (var isFirst = true; ; isFirst = false)
            {
                var transaction = await connection.BeginTransactionAsync(cancellationToken);
                if (await TryAsync(connection, transaction, cancellationToken))
                {
                    return new MigrationLock(connection, transaction);
                }

                await transaction.DisposeAsync();
                if (isFirst)
                {
                    onWaiting();
                }

                await Task.Delay(PollInterval, cancellationToken);
            }
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    /// <summary>Gives it back.</summary>
    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private static async Task<bool> TryAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using (var command = new NpgsqlCommand(TryLock, connection, transaction) { Parameters = { Parameter.Of(Key) } })
        {
            if (await command.ExecuteScalarAsync(cancellationToken) is not true)
            {
                return false;
            }
        }

        // After the query, whose portal would keep its snapshot for as long as no other statement takes its place.
        await using var stay = new NpgsqlCommand(StayIdle, connection, transaction);
        await stay.ExecuteNonQueryAsync(cancellationToken);
        return true;
    }
}
