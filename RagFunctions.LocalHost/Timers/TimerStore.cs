using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.LocalHost.Timers;

/// <summary>Keeps when each timer ran and runs next, so that a missed time is noticed after a restart.</summary>
internal sealed class TimerStore(RagDatabase database)
{
    private const string Upsert = """
        INSERT INTO local_host.timers (name, schedule, last_at, next_at, updated_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (name) DO UPDATE SET
            schedule = excluded.schedule, last_at = excluded.last_at, next_at = excluded.next_at, updated_at = excluded.updated_at
        """;

    private const string Select = "SELECT last_at, next_at, updated_at FROM local_host.timers WHERE name = $1 AND schedule = $2";

    /// <summary>What is known of a timer with this very schedule; null for a new one and after a change of schedule.</summary>
    public async Task<TimerTimes?> FindAsync(string name, string schedule, CancellationToken cancellationToken)
    {
        await using var command = database.Source.CreateCommand(Select);
        command.Parameters.AddRange((NpgsqlParameter[])[new() { Value = name }, new() { Value = schedule }]);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new TimerTimes(
                reader.GetFieldValue<DateTimeOffset?>(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetFieldValue<DateTimeOffset>(2))
            : null;
    }

    public async Task SaveAsync(string name, string schedule, TimerTimes times, CancellationToken cancellationToken)
    {
        await using var command = database.Source.CreateCommand(Upsert);
        object[] values = [name, schedule, (object?)times.Last ?? DBNull.Value, times.Next, times.Updated];
        command.Parameters.AddRange(values.Select(value => new NpgsqlParameter { Value = value }).ToArray());

        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
