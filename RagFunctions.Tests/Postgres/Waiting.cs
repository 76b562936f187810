using System.Diagnostics;
using Npgsql;

namespace RagFunctions.Tests.Postgres;

/// <summary>Waits until another session stands where a test wants it: a condition, never a time.</summary>
public static class Waiting
{
    // No measure of speed: how long a test waits before it says that something hangs.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    private const string WaitsForLock = "SELECT EXISTS (SELECT FROM pg_locks WHERE pid = $1 AND NOT granted)";
    private const string IsWaitedFor = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE $1 = ANY (pg_blocking_pids(pid)))";

    private const string AdvisoryIsAwaited = """
        SELECT $1 = 0 AND EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
                                  AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
        """;

    /// <summary>Until the session of <paramref name="processId"/> waits for a lock.</summary>
    public static Task ForLockAsync(NpgsqlDataSource source, int processId, CancellationToken cancellationToken) =>
        UntilAsync(source, WaitsForLock, $"session {processId} waits for a lock", processId, cancellationToken);

    /// <summary>Until some session waits for a lock of the session of <paramref name="processId"/>.</summary>
    public static Task ForAnyLockAsync(NpgsqlDataSource source, int processId, CancellationToken cancellationToken) =>
        UntilAsync(source, IsWaitedFor, $"somebody waits for a lock of session {processId}", processId, cancellationToken);

    /// <summary>Until some session of the database waits for an advisory lock.</summary>
    public static Task ForAdvisoryLockAsync(NpgsqlDataSource source, CancellationToken cancellationToken) =>
        UntilAsync(source, AdvisoryIsAwaited, "somebody waits for an advisory lock", 0, cancellationToken);

    /// <summary>The task's end; fails with <paramref name="otherwise"/> where it waits for something that the caller holds.</summary>
    public static async Task NotForeverAsync(Task task, string otherwise, CancellationToken cancellationToken)
    {
        try
        {
            await task.WaitAsync(Limit, cancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.Fail(otherwise);
        }
    }

    private static async Task UntilAsync(
        NpgsqlDataSource source, string condition, string what, int processId, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(condition, connection);
        command.Parameters.AddWithValue(processId);
        while (await command.ExecuteScalarAsync(cancellationToken) is not true)
        {
            Assert.True(watch.Elapsed < Limit, $"never came to be: {what}");
            await Task.Yield();
        }
    }
}
