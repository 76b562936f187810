using Npgsql;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Dev.LocalHost;

/// <summary>Stops whoever writes something in the database, until it is opened: a trigger that waits for a lock which the test holds.</summary>
internal sealed class AdvisoryGate : IAsyncDisposable
{
    private const string SomebodyWaits = "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = 77077 AND NOT granted)";

    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnection _holder;
    private readonly string _table;

    private AdvisoryGate(NpgsqlDataSource source, NpgsqlConnection holder, string table) => (_source, _holder, _table) = (source, holder, table);

    /// <param name="source">The database.</param>
    /// <param name="table">Whose rows are written.</param>
    /// <param name="when">The trigger's event and condition.</param>
    public static async Task<AdvisoryGate> CloseAsync(NpgsqlDataSource source, string table, string when)
    {
        var holder = await source.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using (var hold = new NpgsqlCommand("SELECT pg_advisory_lock(77077)", holder))
        {
            await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        }

        await source.ExecuteAsync("""
            CREATE OR REPLACE FUNCTION test_gate() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN PERFORM pg_advisory_xact_lock(77077); RETURN NEW; END $$
            """);
        var (happening, condition) = when.Split(" WHEN ") is [var first, var second] ? (first, $"WHEN {second}") : (when, "");
        await source.ExecuteAsync($"CREATE TRIGGER test_gate {happening} ON {table} FOR EACH ROW {condition} EXECUTE FUNCTION test_gate()");
        return new AdvisoryGate(source, holder, table);
    }

    public Task SomebodyWaitsAsync() => Condition.BecomesTrueAsync(
        async () =>
        {
            await using var command = _source.CreateCommand(SomebodyWaits);
            return (bool)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
        },
        "somebody waits at the gate");

    /// <summary>Lets everybody through, now and later.</summary>
    public async ValueTask DisposeAsync()
    {
        await using (var release = new NpgsqlCommand("SELECT pg_advisory_unlock(77077)", _holder))
        {
            await release.ExecuteNonQueryAsync(CancellationToken.None);
        }

        await _source.ExecuteAsync($"DROP TRIGGER test_gate ON {_table}");
        await _holder.DisposeAsync();
    }
}
