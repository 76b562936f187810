using Npgsql;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.LocalHost;

/// <summary>Stops the host's statement that writes a certain line of history, until it is opened: a moment becomes a state.</summary>
internal sealed class HistoryGate : IAsyncDisposable
{
    private const string Install = """
        CREATE TABLE IF NOT EXISTS gate (kind text NOT NULL, name text NOT NULL);
        CREATE OR REPLACE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF EXISTS (SELECT FROM gate WHERE kind = NEW.kind AND name = NEW.name) THEN
                PERFORM pg_advisory_xact_lock_shared(4711);
            END IF;
            RETURN NEW;
        END $$;
        CREATE OR REPLACE TRIGGER wait_at_gate BEFORE INSERT ON local_host.history FOR EACH ROW EXECUTE FUNCTION wait_at_gate();
        """;

    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnection _holder;

    private HistoryGate(NpgsqlDataSource source, NpgsqlConnection holder)
    {
        _source = source;
        _holder = holder;
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Closes a gate before lines of one kind and activity. The host has made its tables.</summary>
    public static async Task<HistoryGate> CloseAsync(NpgsqlDataSource source, string kind, string activity)
    {
        var gate = new HistoryGate(source, await source.OpenConnectionAsync(Stop));
        await gate.ExecuteAsync(Install);
        await gate.ExecuteAsync("TRUNCATE gate");
        await gate.ExecuteAsync("SELECT pg_advisory_lock(4711)");
        await gate.ExecuteAsync($"INSERT INTO gate VALUES ('{kind}', '{activity}')");
        return gate;
    }

    /// <summary>Until somebody waits for this session: at the gate, or for a table it has locked.</summary>
    public Task SomebodyWaitsAsync() => Waiting.ForAnyLockAsync(_source, _holder.ProcessID, Stop);

    /// <summary>Whoever stands at the gate is dead before it does anything more.</summary>
    public Task EndWaitingSessionsAsync() => ExecuteAsync(
        "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))");

    /// <summary>From here on nobody reads or writes the table until <see cref="DisposeAsync"/>.</summary>
    public Task LockTableAsync(string table) => ExecuteAsync($"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");

    public Task OpenAsync() => ExecuteAsync("SELECT pg_advisory_unlock(4711)");

    /// <summary>Opens the gate and gives all locks back.</summary>
    public async ValueTask DisposeAsync()
    {
        await ExecuteAsync("ROLLBACK; SELECT pg_advisory_unlock_all()");
        await _holder.DisposeAsync();
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, _holder);
        await command.ExecuteNonQueryAsync(Stop);
    }
}
