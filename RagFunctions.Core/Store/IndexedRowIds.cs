using System.Runtime.CompilerServices;
using Npgsql;

namespace RagFunctions.Core.Store;

/// <summary>Which source rows the index holds.</summary>
internal static class IndexedRowIds
{
    private const string Ids = """
        SELECT DISTINCT source_id
        FROM rag_metadata
        WHERE cabinet_id = $1 AND source_table = $2 AND (expires_at IS NULL OR expires_at > $3)
        ORDER BY source_id
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
