using Microsoft.Extensions.Logging;
using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Embeddings;

/// <summary>
/// Moves the search of a cabinet to the next generation, once that is complete: one value in one row, so each search is on the one or on the
/// other. No vector moves; the active generation stays where it is and is kept right until the change is finished.
/// </summary>
public sealed partial class GenerationMove(RagDatabase rag, Embedders embedders, ILogger<GenerationMove> logger)
{
    // Nothing waits, or a look at every chunk would be in vain. $1 cabinet, $2 the embedders that the settings name.
    private const string MayBeComplete = $"""
        SELECT s.cabinet_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM rag_metadata AS m WHERE m.cabinet_id = $1 AND m.next_hash IS DISTINCT FROM m.chunk_hash)
        FROM rag_index_status AS s
        WHERE s.cabinet_id = $1 AND s.is_active AND NOT s.on_next AND {Generation.NextKey} = ANY ($2)
        """;

    // Waits for every transaction that changes chunks of the cabinet, and they for this; not long, a later run tries again.
    private const string Patience = "SET LOCAL lock_timeout = '5s'";

    private const string LockStatus = "SELECT s.cabinet_id FROM rag_index_status AS s WHERE s.cabinet_id = $1 AND s.is_active AND NOT s.on_next FOR UPDATE";

    // What counts as embedded and has no vector, or one of another model, waits again.
    private const string Mend = """
        UPDATE rag_metadata AS m
        SET next_hash = NULL, next_model = NULL
        WHERE m.cabinet_id = $1 AND m.next_hash IS NOT NULL
          AND (SELECT n.model FROM rag_next_embeddings AS n WHERE n.metadata_id = m.id) IS DISTINCT FROM (SELECT model FROM rag_next_embedder)
        """;

    // Worse off would be a chunk that has its right vector in the active generation and not in this one, or one that is found there by its
    // former text and here not at all.
    private const string NobodyIsWorseOff = """
        SELECT NOT EXISTS (
            SELECT FROM rag_metadata AS m
            WHERE m.cabinet_id = $1
              AND ((m.embedded_hash = m.chunk_hash AND m.next_hash IS DISTINCT FROM m.chunk_hash)
                   OR ((SELECT e.metadata_id FROM rag_embeddings AS e WHERE e.metadata_id = m.id) IS NOT NULL
                       AND (SELECT n.metadata_id FROM rag_next_embeddings AS n WHERE n.metadata_id = m.id) IS NULL)))
        """;

    private const string Move = $"UPDATE rag_index_status SET on_next = true WHERE cabinet_id = $1 AND {Generation.NextKey} = ANY ($2)";

    /// <summary>Moves the cabinet if its next generation is complete; else nothing happens. One round trip where none is being built.</summary>
    /// <returns>Whether it moved.</returns>
    public async Task<bool> TryAsync(long cabinetId, CancellationToken cancellationToken)
    {
        await using var connection = await rag.Source.OpenConnectionAsync(cancellationToken);
        await using (var look = Command(MayBeComplete, connection, cabinetId, knows: true))
        {
            if (await look.ExecuteScalarAsync(cancellationToken) is not true)
            {
                return false;
            }
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        try
        {
            await using (var patience = new NpgsqlCommand(Patience, connection, transaction))
            {
                await patience.ExecuteNonQueryAsync(cancellationToken);
            }

            await using var hold = Command(LockStatus, connection, cabinetId);
            if (await hold.ExecuteScalarAsync(cancellationToken) is not long)
            {
                return false;
            }
        }
        catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.LockNotAvailable)
        {
            return false;
        }

        await using (var mend = Command(Mend, connection, cabinetId))
        {
            await mend.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var look = Command(NobodyIsWorseOff, connection, cabinetId))
        {
            if (await look.ExecuteScalarAsync(cancellationToken) is not true)
            {
                await transaction.CommitAsync(cancellationToken);
                return false;
            }
        }

        await using var move = Command(Move, connection, cabinetId, knows: true);
        var moved = await move.ExecuteNonQueryAsync(cancellationToken) > 0;
        await transaction.CommitAsync(cancellationToken);
        if (moved)
        {
            Moved(cabinetId);
        }

        return moved;
    }

    private NpgsqlCommand Command(string sql, NpgsqlConnection connection, long cabinetId, bool knows = false)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0, Parameters = { Parameter.Of(cabinetId) } };
        if (knows)
        {
            command.Parameters.Add(Parameter.Of(embedders.Keys));
        }

        return command;
    }

    [LoggerMessage(5010, LogLevel.Information, "Cabinet {CabinetId}: its search is on the next generation of vectors from now on")]
    private partial void Moved(long cabinetId);
}
