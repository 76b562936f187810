using Npgsql;
using RagFunctions.Core;

namespace RagFunctions.Dev.Bench.Sync;

/// <summary>Looks at the database before and after a step: which rows have another version, and how much log was written.</summary>
internal sealed class SyncProbe(NpgsqlDataSource database)
{
    // A row lock leaves its transaction in xmax; a new version has another xmin and place.
    private static readonly string Versions = string.Join(
        " UNION ALL ",
        EntityNames.All.Select(entity => $"SELECT '{entity.TableName()}' AS name, id, xmin::text AS made, xmax::text AS locked, ctid::text AS place FROM {entity.TableName()}"));

    private const string Changed = """
        SELECT count(*) FROM bench_versions_after after
        LEFT JOIN bench_versions before USING (name, id, made, locked, place) WHERE before.id IS NULL
        """;

    private string _position = "0/0";

    /// <summary>Before the step: settles what the steps before left to do, and remembers all versions.</summary>
    public async Task BeforeAsync(CancellationToken ct)
    {
        await ExecuteAsync("VACUUM (ANALYZE)", ct);
        await ExecuteAsync("DROP TABLE IF EXISTS bench_versions, bench_versions_after", ct);
        await ExecuteAsync($"CREATE UNLOGGED TABLE bench_versions AS {Versions}", ct);
        await ExecuteAsync("TRUNCATE rag_changes", ct);
        // The first change of a page after a checkpoint logs the whole page: the dearest case is the one measured.
        await ExecuteAsync("CHECKPOINT", ct);
        _position = (string)await ScalarAsync("SELECT pg_current_wal_insert_lsn()::text", ct);
    }

    /// <summary>After the step.</summary>
    public async Task<(long Written, long Queued, long WalBytes)> AfterAsync(CancellationToken ct)
    {
        var wal = (long)await ScalarAsync($"SELECT (pg_current_wal_insert_lsn() - '{_position}'::pg_lsn)::bigint", ct);
        await ExecuteAsync($"CREATE UNLOGGED TABLE bench_versions_after AS {Versions}", ct);
        return ((long)await ScalarAsync(Changed, ct), (long)await ScalarAsync("SELECT count(*) FROM rag_changes", ct), wal);
    }

    private async Task ExecuteAsync(string sql, CancellationToken ct)
    {
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 600;
        await command.ExecuteNonQueryAsync(ct);
    }

    private async Task<object> ScalarAsync(string sql, CancellationToken ct)
    {
        await using var command = database.CreateCommand(sql);
        command.CommandTimeout = 600;
        return (await command.ExecuteScalarAsync(ct))!;
    }
}
