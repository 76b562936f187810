using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Source;

namespace RagFunctions.Core.Changes;

/// <summary>Queues the rows whose timestamps moved since a watermark, for cabinets whose changes nobody announces.</summary>
public sealed class CatchUpQueue(MainDatabase main)
{
    private static readonly Dictionary<Entity, string> Statements = EntityNames.All.ToDictionary(entity => entity, Statement);

    /// <summary>Queues them with a new version, whatever was queued before.</summary>
    /// <param name="since">Rows updated or created at this instant or later; the overlap is already taken off.</param>
    /// <returns>How many rows were queued, and why tables were left out that cannot be read.</returns>
    public async Task<CaughtUp> EnqueueAsync(long cabinetId, DateTimeOffset since, CancellationToken cancellationToken)
    {
        var queued = 0;
        List<string> failures = [];
        foreach (var entity in EntityNames.All)
        {
            try
            {
                queued += await DatabaseRetries.Concurrency.ExecuteAsync(
                    async token => await EnqueueAsync(entity, cabinetId, since, token), cancellationToken);
            }
            catch (NpgsqlException error) when (StatementFailure.Is(error))
            {
                failures.Add(StatementFailure.Describe(entity.TableName(), error));
            }
        }

        return new CaughtUp(queued, failures);
    }

    private async Task<int> EnqueueAsync(Entity entity, long cabinetId, DateTimeOffset since, CancellationToken cancellationToken)
    {
        await using var command = main.Source.CreateCommand(Statements[entity]);
        command.Parameters.Add(Parameter.Of<long>(cabinetId));
        command.Parameters.Add(Parameter.Of<DateTimeOffset>(since.ToUniversalTime()));
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // Two index reads, (cabinet_id, updated_at) and (cabinet_id, created_at): no index serves an OR or a COALESCE over both,
    // and rows that were never updated have no updated_at.
    private static string Statement(Entity entity) => $"""
        INSERT INTO rag_changes (cabinet_id, source_table, source_id)
        SELECT $1, '{entity.TableName()}', moved.id
        FROM (
            SELECT id FROM {entity.TableName()} WHERE cabinet_id = $1 AND updated_at >= $2 - interval '15 hours' AND {SourceTable.InstantOf("updated_at")} >= $2
            UNION
            SELECT id FROM {entity.TableName()} WHERE cabinet_id = $1 AND created_at >= $2 - interval '15 hours' AND {SourceTable.InstantOf("created_at")} >= $2) AS moved
        ORDER BY moved.id
        ON CONFLICT (cabinet_id, source_table, source_id) DO UPDATE
        SET version = nextval('rag_changes_version_seq'), attempts = 0, last_error = NULL, next_attempt_at = NULL
        """;
}

/// <summary>What a catch-up found.</summary>
/// <param name="Queued">Rows whose timestamps moved.</param>
/// <param name="Failures">Tables that cannot be read, with the reason; the watermark may not move past them.</param>
public sealed record CaughtUp(int Queued, IReadOnlyList<string> Failures);
