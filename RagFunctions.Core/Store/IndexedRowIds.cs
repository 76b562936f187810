using System.Runtime.CompilerServices;
using Npgsql;

namespace RagFunctions.Core.Store;

/// <summary>Which source rows the index holds.</summary>
internal static class IndexedRowIds
{
    // Expired ones are few or none, and found by their own index: so the ids come from the unique index alone, without the rows.
    private const string Ids = """
        SELECT DISTINCT m.source_id
        FROM rag_metadata AS m
        WHERE m.cabinet_id = $1 AND m.source_table = $2
          AND m.source_id NOT IN (
              SELECT e.source_id FROM rag_metadata AS e WHERE e.cabinet_id = $1 AND e.expires_at <= $3 AND e.source_table = $2)
        ORDER BY m.source_id
        """;

    /// <summary>Their ids in ascending order, expired ones left out, streamed. The connection is busy until the end.</summary>
    public static async IAsyncEnumerable<long> ReadAsync(
        NpgsqlConnection rag, Entity entity, long cabinetId, DateTimeOffset asOf,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Ids, rag)
        {
            Parameters =
            {
                new NpgsqlParameter<long> { TypedValue = cabinetId },
                new NpgsqlParameter<string> { TypedValue = entity.TableName() },
                new NpgsqlParameter<DateTime> { TypedValue = asOf.UtcDateTime },
            },
        };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return reader.GetInt64(0);
        }
    }
}
