using Microsoft.DurableTask.Client;
using Npgsql;
using NpgsqlTypes;
using RagFunctions.Core.Databases;

namespace RagFunctions.LocalHost.Orchestrations;

/// <summary>Instances and histories in the index database. Each method is one round trip and one transaction.</summary>
internal sealed class HistoryStore(RagDatabase database)
{
    private const string Columns = "instance_id, execution_id, name, status, input, output, custom_status, created_at, updated_at";

    private const string SelectLive = $"SELECT {Columns} FROM local_host.instances WHERE status IN ('Pending', 'Running') ORDER BY created_at";

    private const string SelectLiveHistory = """
        SELECT h.execution_id, h.kind, h.task_id, h.name, h.payload, h.at
        FROM local_host.history h
        JOIN local_host.instances i USING (execution_id)
        WHERE i.status IN ('Pending', 'Running')
        ORDER BY h.execution_id, h.seq
        """;

    /// <summary>Replaces whatever stands under the id, unless it stands at one of the statuses $6; no row then.</summary>
    private const string InsertInstance = """
        WITH old AS (
            SELECT execution_id FROM local_host.instances WHERE instance_id = $1),
        made AS (
            INSERT INTO local_host.instances AS i (instance_id, execution_id, name, status, input, created_at, updated_at)
            VALUES ($1, $2, $3, 'Pending', $4, $5, $5)
            ON CONFLICT (instance_id) DO UPDATE SET
                execution_id = excluded.execution_id, name = excluded.name, status = excluded.status, input = excluded.input,
                output = NULL, custom_status = NULL, created_at = excluded.created_at, updated_at = excluded.updated_at
            WHERE i.status <> ALL ($6)
            RETURNING 1),
        gone AS (
            DELETE FROM local_host.history h USING old WHERE h.execution_id = old.execution_id AND EXISTS (SELECT FROM made))
        SELECT count(*) FROM made
        """;

    /// <summary>Nothing is written once the instance was replaced, terminated or purged. Repeating it changes nothing.</summary>
    private const string CommitDecision = """
        WITH mine AS (
            UPDATE local_host.instances SET status = $3, output = $4, custom_status = $5, updated_at = $6
            WHERE instance_id = $1 AND execution_id = $2 AND status IN ('Pending', 'Running')
            RETURNING 1),
        added AS (
            INSERT INTO local_host.history (execution_id, seq, kind, task_id, name, payload, at)
            SELECT $2, $7 + ordinality - 1, kind, task_id, name, payload, at
            FROM unnest($8, $9, $10, $11, $12) WITH ORDINALITY AS t (kind, task_id, name, payload, at, ordinality)
            WHERE EXISTS (SELECT FROM mine)
            ON CONFLICT DO NOTHING)
        SELECT count(*) FROM mine
        """;

    private const string CommitNextGeneration = """
        WITH mine AS (
            UPDATE local_host.instances
            SET execution_id = $3, status = 'Running', input = $4, custom_status = NULL, created_at = $5, updated_at = $5
            WHERE instance_id = $1 AND execution_id IN ($2, $3) AND status IN ('Pending', 'Running')
            RETURNING 1),
        gone AS (
            DELETE FROM local_host.history WHERE execution_id = $2 AND EXISTS (SELECT FROM mine))
        SELECT count(*) FROM mine
        """;

    private const string UpdateTerminated = """
        UPDATE local_host.instances SET status = 'Terminated', output = $2, updated_at = $3
        WHERE instance_id = $1 AND status IN ('Pending', 'Running')
        """;

    private const string SelectPage = $"""
        SELECT {Columns} FROM local_host.instances
        WHERE ($1 IS NULL OR created_at >= $1) AND ($2 IS NULL OR created_at <= $2) AND ($3 IS NULL OR status = ANY ($3))
          AND ($4 IS NULL OR starts_with(instance_id, $4)) AND ($5 IS NULL OR instance_id > $5 COLLATE "C")
        ORDER BY instance_id COLLATE "C"
        LIMIT $6
        """;

    private const string SelectOne = $"SELECT {Columns} FROM local_host.instances WHERE instance_id = $1";

    private const string DeleteInstances = """
        WITH gone AS (
            DELETE FROM local_host.instances
            WHERE ($1 IS NULL OR instance_id = $1) AND ($2 IS NULL OR created_at >= $2) AND ($3 IS NULL OR created_at <= $3)
              AND status = ANY ($4)
            RETURNING execution_id),
        history AS (
            DELETE FROM local_host.history h USING gone WHERE h.execution_id = gone.execution_id)
        SELECT count(*) FROM gone
        """;

    /// <summary>Everything that goes on, with its history in order.</summary>
    public async Task<List<(OrchestrationInstance Instance, List<HistoryEvent> History)>> LoadLiveAsync(CancellationToken cancellationToken)
    {
        await using var batch = database.Source.CreateBatch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(SelectLive));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(SelectLiveHistory));
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        var live = (await ReadInstancesAsync(reader, cancellationToken)).ToDictionary(i => i.ExecutionId, i => (i, new List<HistoryEvent>()));
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var kind = Enum.Parse<HistoryKind>(reader.GetString(1));
            live[reader.GetGuid(0)].Item2.Add(
                new HistoryEvent(kind, reader.GetInt32(2), Text(reader, 3), Text(reader, 4), reader.GetFieldValue<DateTimeOffset>(5)));
        }

        return [.. live.Values];
    }

    /// <summary>Stores a new instance; false where one stands under its id at one of <paramref name="dedupe"/>.</summary>
    public Task<bool> InsertAsync(OrchestrationInstance instance, IReadOnlyCollection<string> dedupe, CancellationToken cancellationToken) =>
        AnyAsync(
            InsertInstance, cancellationToken,
            instance.Id, instance.ExecutionId, instance.Name, Nullable(instance.Input), instance.CreatedAt, dedupe.ToArray());

    /// <summary>Stores what has happened and what was decided on it; false where the execution is no longer the instance's.</summary>
    public Task<bool> CommitAsync(
        OrchestrationInstance instance, Decision decision, int firstSeq, IReadOnlyList<HistoryEvent> events, CancellationToken cancellationToken) =>
        AnyAsync(
            CommitDecision, cancellationToken,
            instance.Id, instance.ExecutionId, decision.Status.ToString(), Nullable(decision.Output), Nullable(decision.CustomStatus),
            events[0].At, firstSeq,
            Array(events, e => e.Kind.ToString()), Array(events, e => e.TaskId), Array(events, e => e.Name),
            Array(events, e => Storable(e.Payload)), Array(events, e => e.At));

    /// <summary>Begins the next generation: a new execution without history. False as with <see cref="CommitAsync"/>.</summary>
    public Task<bool> CommitNextGenerationAsync(OrchestrationInstance old, OrchestrationInstance next, CancellationToken cancellationToken) =>
        AnyAsync(CommitNextGeneration, cancellationToken, old.Id, old.ExecutionId, next.ExecutionId, Nullable(next.Input), next.CreatedAt);

    /// <summary>Ends a live instance; nothing happens to another.</summary>
    public async Task TerminateAsync(string instanceId, string? output, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var command = Command(UpdateTerminated, instanceId, Nullable(output), at);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<OrchestrationInstance?> FindAsync(string instanceId, CancellationToken cancellationToken)
    {
        await using var command = Command(SelectOne, instanceId);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return (await ReadInstancesAsync(reader, cancellationToken)).SingleOrDefault();
    }

    /// <summary>The instances of a query after the one that <paramref name="after"/> names, in the order of their ids.</summary>
    public async Task<List<OrchestrationInstance>> ListAsync(
        OrchestrationQuery query, string? after, int limit, CancellationToken cancellationToken)
    {
        await using var command = Command(
            SelectPage, Nullable(query.CreatedFrom), Nullable(query.CreatedTo), Names(query.Statuses), Nullable(query.InstanceIdPrefix),
            Nullable(after), limit);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await ReadInstancesAsync(reader, cancellationToken);
    }

    /// <summary>Removes instances with their history and returns how many.</summary>
    public async Task<int> PurgeAsync(
        string? instanceId, DateTimeOffset? createdFrom, DateTimeOffset? createdTo, IEnumerable<OrchestrationRuntimeStatus> statuses,
        CancellationToken cancellationToken)
    {
        await using var command = Command(
            DeleteInstances, Nullable(instanceId), Nullable(createdFrom), Nullable(createdTo), Names(statuses));
        return (int)(long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static NpgsqlParameter Names(IEnumerable<OrchestrationRuntimeStatus>? statuses) => new()
    {
        NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text,
        Value = (object?)statuses?.Select(status => status.ToString()).ToArray() ?? DBNull.Value,
    };

    private static T[] Array<T>(IReadOnlyList<HistoryEvent> events, Func<HistoryEvent, T> column) => [.. events.Select(column)];

    // The message of a failure may hold what PostgreSQL's text cannot.
    private static string? Storable(string? text) => text?.Replace("\0", "", StringComparison.Ordinal);

    private static NpgsqlParameter Nullable(string? value) =>
        new() { NpgsqlDbType = NpgsqlDbType.Text, Value = (object?)Storable(value) ?? DBNull.Value };

    private static NpgsqlParameter Nullable(DateTimeOffset? value) =>
        new() { NpgsqlDbType = NpgsqlDbType.TimestampTz, Value = (object?)value?.ToUniversalTime() ?? DBNull.Value };

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static async Task<List<OrchestrationInstance>> ReadInstancesAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        List<OrchestrationInstance> instances = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            var status = Enum.Parse<OrchestrationRuntimeStatus>(reader.GetString(3));
            var (created, updated) = (reader.GetFieldValue<DateTimeOffset>(7), reader.GetFieldValue<DateTimeOffset>(8));
            instances.Add(new OrchestrationInstance(
                reader.GetString(0), reader.GetGuid(1), reader.GetString(2), status, Text(reader, 4), Text(reader, 5), Text(reader, 6), created, updated));
        }

        return instances;
    }

    private async Task<bool> AnyAsync(string sql, CancellationToken cancellationToken, params object[] parameters)
    {
        await using var command = Command(sql, parameters);
        return await command.ExecuteScalarAsync(cancellationToken) is > 0L;
    }

    private NpgsqlCommand Command(string sql, params object[] parameters)
    {
        var command = database.Source.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(parameter as NpgsqlParameter ?? new NpgsqlParameter { Value = parameter });
        }

        return command;
    }
}
