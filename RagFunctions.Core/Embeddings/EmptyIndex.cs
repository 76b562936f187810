using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Embeddings;

/// <summary>An index that holds no vector takes another embedder at once: nothing is lost, and nothing was paid.</summary>
public sealed class EmptyIndex(RagDatabase rag)
{
    // Whoever stores a vector waits, and then finds the new length.
    private const string Lock = "LOCK TABLE rag_embeddings IN ACCESS EXCLUSIVE MODE";

    private const string HasVectors = "SELECT EXISTS (SELECT FROM rag_embeddings) OR EXISTS (SELECT FROM rag_next_embedder)";

    // An approximate index takes at most 2,000 dimensions, and of an empty table it is made anew in no time: rag ann create.
    private const string Change = """
        DROP INDEX IF EXISTS idx_rag_embeddings_vector;
        DELETE FROM rag_embedder;
        UPDATE rag_metadata
        SET embedded_hash = NULL, embedded_model = NULL, pending_since = COALESCE(pending_since, clock_timestamp())
        WHERE embedded_hash IS NOT NULL;
        """;

    /// <summary>Gives the vector column another length and forgets the embedder, which the next vector records.</summary>
    /// <returns>False: there are vectors, or a next generation is being built; nothing was done.</returns>
    public async Task<bool> TrySwitchAsync(int dimensions, CancellationToken cancellationToken)
    {
        await using var connection = await rag.Source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, Lock, cancellationToken);
        await using (var look = new NpgsqlCommand(HasVectors, connection, transaction))
        {
            if (await look.ExecuteScalarAsync(cancellationToken) is true)
            {
                return false;
            }
        }

        await ExecuteAsync(connection, Change + VectorColumn.OfLength(dimensions), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
