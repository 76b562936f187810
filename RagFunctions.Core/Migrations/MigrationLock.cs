using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Migrations;

/// <summary>
/// One migrating process per database. Held by the session, so that it goes with the connection when a process dies.
/// </summary>
internal static class MigrationLock
{
    // "rag_migr" in ASCII: one lock for both sets, because they may share a database.
    private const long Key = 0x7261675F6D696772;

    private const string TryLock = "SELECT pg_try_advisory_lock($1)";
    private const string Unlock = "SELECT pg_advisory_unlock($1)";

    private static readonly TimeSpan PollInterval = TimeSpan.FromMilliseconds(200);

    /// <summary>Waits until the lock is free and takes it; <paramref name="onWaiting"/> is called once if it is not free at once.</summary>
    public static async Task TakeAsync(NpgsqlConnection connection, Action onWaiting, CancellationToken cancellationToken)
    {
        // Asked again and again rather than waited for: a session blocked in pg_advisory_lock holds a snapshot, and the
        // concurrent index builds of the lock's owner would wait for that snapshot for ever.
        for (var isFirst = true; ; isFirst = false)
        {
            await using var command = new NpgsqlCommand(TryLock, connection) { Parameters = { Parameter.Of(Key) } };
            if (await command.ExecuteScalarAsync(cancellationToken) is true)
            {
                return;
            }

            if (isFirst)
            {
                onWaiting();
            }

            await Task.Delay(PollInterval, cancellationToken);
        }
    }

    public static async Task ReleaseAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(Unlock, connection) { Parameters = { Parameter.Of(Key) } };
        await command.ExecuteScalarAsync(CancellationToken.None);
    }
}
