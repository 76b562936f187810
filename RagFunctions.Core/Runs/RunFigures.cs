using Npgsql;
using RagFunctions.Core.Embeddings;

namespace RagFunctions.Core.Runs;

/// <summary>What the index of a cabinet holds when a run ends.</summary>
/// <param name="TotalChunks">Chunks stored, counted.</param>
/// <param name="PendingChunks">Those without a vector of their present text.</param>
/// <param name="NaiveTokens">Tokens a re-embedding of every chunk would take, by estimate.</param>
/// <param name="Verified">What verifying found; null when the run does not verify.</param>
internal sealed record RunFigures(long TotalChunks, long PendingChunks, long NaiveTokens, VerifiedCounts? Verified = null)
{
    private const string Count = """
        SELECT count(*), count(*) FILTER (WHERE embedded_hash IS DISTINCT FROM chunk_hash), COALESCE(sum(octet_length(chunk_text)), 0)
        FROM rag_metadata WHERE cabinet_id = $1
        """;

    /// <summary>Counts them.</summary>
    public static async Task<RunFigures> CountAsync(NpgsqlConnection connection, long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Count, connection);
        command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = cabinetId });
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new RunFigures(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2) / TokenEstimate.BytesPerToken);
    }
}
