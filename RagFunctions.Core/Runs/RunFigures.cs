using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings.Providers;
using RagFunctions.Core.Store;

namespace RagFunctions.Core.Runs;

/// <summary>What the index of a cabinet holds when a run ends.</summary>
/// <param name="TotalChunks">Chunks stored, counted.</param>
/// <param name="PendingChunks">Those without a vector of their present text.</param>
/// <param name="NaiveTokens">Tokens a re-embedding of every chunk would take, by estimate.</param>
/// <param name="Rows">Which source rows have chunks, for each entity that has any.</param>
/// <param name="Verified">What verifying found; null when the run does not verify.</param>
public sealed record RunFigures(
    long TotalChunks, long PendingChunks, long NaiveTokens, IReadOnlyDictionary<Entity, RowSetPrint> Rows, VerifiedCounts? Verified = null)
{
    // A row's chunk numbered 0 stands for it.
    private const string Count = $"""
        SELECT source_table, count(*), count(*) FILTER (WHERE pending), COALESCE(sum(bytes), 0), {RowSetPrint.Columns}
        FROM (SELECT source_table, embedded_hash IS DISTINCT FROM chunk_hash AS pending, octet_length(chunk_text) AS bytes,
                     CASE WHEN chunk_index = 0 THEN source_id END AS id
              FROM rag_metadata
              WHERE cabinet_id = $1) AS chunks
        GROUP BY source_table
        """;

    /// <summary>Counts them. One round trip, one scan of the cabinet.</summary>
    public static async Task<RunFigures> CountAsync(NpgsqlConnection connection, long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Count, connection);
        command.Parameters.Add(Parameter.Of<long>(cabinetId));
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        long chunks = 0;
        long pending = 0;
        long bytes = 0;
        Dictionary<Entity, RowSetPrint> rows = [];
        while (await row.ReadAsync(cancellationToken))
        {
            chunks += row.GetInt64(1);
            pending += row.GetInt64(2);
            bytes += row.GetInt64(3);
            if (EntityNames.TryParseTableName(row.GetString(0), out var entity))
            {
                rows.Add(entity, new RowSetPrint(row.GetInt64(4), row.GetDecimal(5), row.GetDecimal(6)));
            }
        }

        return new RunFigures(chunks, pending, bytes / TokenEstimate.BytesPerToken, rows);
    }
}
