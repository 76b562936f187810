using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Changes;

/// <summary>Queues the rows whose timestamps moved since a watermark, for cabinets whose changes nobody announces.</summary>
public sealed class CatchUpQueue(MainDatabase main)
{
    private static readonly Dictionary<Entity, string> Statements = EntityNames.All.ToDictionary(entity => entity, Statement);

    /// <summary>Queues them with a new version, whatever was queued before.</summary>
    /// <param name="since">Rows updated or created at this instant or later; the overlap is already taken off.</param>
    /// <returns>How many rows were queued.</returns>
    public Task<int> EnqueueAsync(long cabinetId, DateTimeOffset since, CancellationToken cancellationToken) =>
        DatabaseRetries.Concurrency.ExecuteAsync(
            async token =>
            {
                await using var connection = await main.Source.OpenConnectionAsync(token);
                var queued = 0;
                foreach (var entity in EntityNames.All)
                {
                    await using var command = new NpgsqlCommand(Statements[entity], connection)
                    {
                        Parameters =
                        {
                            Parameter.Of<long>(cabinetId),
                            Parameter.Of<DateTimeOffset>(since.ToUniversalTime()),
                        },
                    };
                    queued += await command.ExecuteNonQueryAsync(token);
                }

                return queued;
            },
            cancellationToken).AsTask();

    // Two index reads, (cabinet_id, updated_at) and (cabinet_id, created_at): no index serves an OR or a COALESCE over both,
    // and rows that were never updated have no updated_at.
    private static string Statement(Entity entity) => $"""
        INSERT INTO rag_changes (cabinet_id, source_table, source_id)
        SELECT $1, '{entity.TableName()}', moved.id
        FROM (
            SELECT id FROM {entity.TableName()} WHERE cabinet_id = $1 AND updated_at >= $2
            UNION
            SELECT id FROM {entity.TableName()} WHERE cabinet_id = $1 AND created_at >= $2) AS moved
        ORDER BY moved.id
        ON CONFLICT (cabinet_id, source_table, source_id) DO UPDATE
        SET version = nextval('rag_changes_version_seq'), attempts = 0, last_error = NULL, next_attempt_at = NULL
        """;
}
