using Npgsql;

namespace RagFunctions.Cli.Demo;

/// <summary>Whether the local host is at work, and whether it can go on without time going on: its history tells.</summary>
/// <param name="Orchestrations">Orchestrations that have not ended.</param>
/// <param name="Activities">Their activities under way.</param>
internal sealed record HostActivity(long Orchestrations, long Activities)
{
    private const string Count = """
        SELECT count(DISTINCT i.instance_id), count(asked.task_id)
        FROM local_host.instances AS i
        LEFT JOIN local_host.history AS asked ON asked.execution_id = i.execution_id AND asked.kind = 'ActivityScheduled'
            AND NOT EXISTS (
                SELECT FROM local_host.history AS done
                WHERE done.execution_id = asked.execution_id AND done.task_id = asked.task_id
                    AND done.kind IN ('ActivityCompleted', 'ActivityFailed'))
        WHERE i.status IN ('Pending', 'Running')
        """;

    public static async Task<HostActivity> ReadAsync(NpgsqlDataSource rag, CancellationToken cancellationToken)
    {
        await using var command = rag.CreateCommand(Count);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return new HostActivity(reader.GetInt64(0), reader.GetInt64(1));
    }
}
