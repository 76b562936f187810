using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Leases;
using RagFunctions.Core.Store;

namespace RagFunctions.Core.Runs;

/// <summary>Deletes the chunks of a cabinet whose 90 days are over, and books their number with the run, once.</summary>
public sealed class RoundExpiry(RagDatabase rag)
{
    private const string Book = "UPDATE rag_index_runs SET chunks_expired = chunks_expired + $2 WHERE run_id = $1";

    // The sweep would start a run for them every minute.
    private const string Hold = "UPDATE rag_index_status SET expiry_held_until = clock_timestamp() + interval '1 hour' WHERE cabinet_id = $1 AND lease_token = $2";

    /// <summary>
    /// One look, and a transaction for every 2,000 that it finds; nothing when the token is no longer the cabinet's. Expiry is deletion:
    /// where more than half of an entity would go at once, none of it goes.
    /// </summary>
    /// <returns>The entities that were held back.</returns>
    public async Task<IReadOnlyList<BlockedEntity>> DeleteAsync(
        BeginRoundInput input, long token, DateTimeOffset asOf, bool allowMassDelete, CancellationToken cancellationToken)
    {
        await using var connection = await rag.Source.OpenConnectionAsync(cancellationToken);
        var expired = await ExpiredChunks.CountAsync(connection, input.CabinetId, asOf, cancellationToken);
        if (expired == 0)
        {
            return [];
        }

        var held = allowMassDelete || expired < MassDeleteGuard.WorthJudging
            ? []
            : await ExpiredChunks.JudgeAsync(connection, input.CabinetId, asOf, cancellationToken);
        string[] kept = [.. held.Select(entity => entity.Entity.TableName())];
        if (held.Count > 0)
        {
            await using var hold = new NpgsqlCommand(Hold, connection)
            {
                Parameters = { Parameter.Of<long>(input.CabinetId), Parameter.Of<long>(token) },
            };
            await hold.ExecuteNonQueryAsync(cancellationToken);
        }

        while (await DeleteSomeAsync(connection, input, token, asOf, kept, cancellationToken) > 0)
        {
        }

        return held;
    }

    private static async Task<long> DeleteSomeAsync(
        NpgsqlConnection connection, BeginRoundInput input, long token, DateTimeOffset asOf, string[] kept, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await LeaseFence.EnterAsync(transaction, input.CabinetId, token, $"expiry of cabinet {input.CabinetId}", cancellationToken) is null)
        {
            return 0;
        }

        var expired = await ExpiredChunks.DeleteAsync(connection, input.CabinetId, asOf, kept, cancellationToken);
        await using var book = new NpgsqlCommand(Book, connection, transaction)
        {
            Parameters = { Parameter.Of<Guid>(input.RunId), Parameter.Of<long>(expired) },
        };
        await book.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return expired;
    }
}

/// <summary>Chunks whose row is older than 90 days: nothing in the source announces that, only the clock does.</summary>
public static class ExpiredChunks
{
    private const string Count = "SELECT count(*) FROM rag_metadata WHERE cabinet_id = $1 AND expires_at <= $2";

    private const string Judge = """
        SELECT source_table, count(DISTINCT source_id), count(DISTINCT source_id) FILTER (WHERE expires_at IS NULL OR expires_at > $2)
        FROM rag_metadata WHERE cabinet_id = $1 GROUP BY source_table
        """;

    private const string Delete = """
        DELETE FROM rag_metadata
        WHERE id = ANY (ARRAY(
            SELECT id FROM rag_metadata WHERE cabinet_id = $1 AND expires_at <= $2 AND source_table <> ALL ($3) LIMIT 2000))
        """;

    /// <summary>How many there are. Takes no lock and no transaction: nearly always there is none.</summary>
    /// <param name="rag">An open connection to the index.</param>
    /// <param name="asOf">Business time of the round.</param>
    public static async Task<long> CountAsync(NpgsqlConnection rag, long cabinetId, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        await using var command = Command(rag, Count, cabinetId, asOf);
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>The entities of which the guard against mass deletion would let none go. One scan of the cabinet.</summary>
    public static async Task<IReadOnlyList<BlockedEntity>> JudgeAsync(
        NpgsqlConnection rag, long cabinetId, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        await using var command = Command(rag, Judge, cabinetId, asOf);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        List<BlockedEntity> held = [];
        while (await reader.ReadAsync(cancellationToken))
        {
            if (MassDeleteGuard.Blocks(reader.GetInt64(1), reader.GetInt64(2)) && EntityNames.TryParseTableName(reader.GetString(0), out var entity))
            {
                held.Add(new BlockedEntity(entity, reader.GetInt64(1), reader.GetInt64(2)));
            }
        }

        return held;
    }

    /// <summary>Deletes at most 2,000 of them, vectors included.</summary>
    /// <param name="rag">An open connection to the index; its transaction, if any, is used.</param>
    /// <param name="asOf">Business time of the round: what expires at this very instant goes.</param>
    /// <param name="kept">Tables whose chunks stay.</param>
    /// <returns>How many chunks went; zero: none is left.</returns>
    public static async Task<long> DeleteAsync(
        NpgsqlConnection rag, long cabinetId, DateTimeOffset asOf, string[] kept, CancellationToken cancellationToken)
    {
        await using var command = Command(rag, Delete, cabinetId, asOf);
        command.Parameters.Add(Parameter.Of<string[]>(kept));
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlCommand Command(NpgsqlConnection rag, string sql, long cabinetId, DateTimeOffset asOf) => new(sql, rag)
    {
        Parameters =
        {
            Parameter.Of<long>(cabinetId),
            Parameter.Of<DateTime>(asOf.UtcDateTime),
        },
    };
}
