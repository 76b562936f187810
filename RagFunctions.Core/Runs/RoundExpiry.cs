using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Leases;

namespace RagFunctions.Core.Runs;

/// <summary>Deletes the chunks of a cabinet whose 90 days are over, and books their number with the run, once.</summary>
public sealed class RoundExpiry(RagDatabase rag)
{
    private const string Book = "UPDATE rag_index_runs SET chunks_expired = chunks_expired + $2 WHERE run_id = $1";

    /// <summary>One look, and one transaction where it finds any; nothing when the token is no longer the cabinet's.</summary>
    public async Task DeleteAsync(BeginRoundInput input, long token, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        await using var connection = await rag.Source.OpenConnectionAsync(cancellationToken);
        if (!await ExpiredChunks.AnyAsync(connection, input.CabinetId, asOf, cancellationToken))
        {
            return;
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        if (await LeaseFence.EnterAsync(transaction, input.CabinetId, token, $"expiry of cabinet {input.CabinetId}", cancellationToken) is null)
        {
            return;
        }

        var expired = await ExpiredChunks.DeleteAsync(connection, input.CabinetId, asOf, cancellationToken);
        await using var book = new NpgsqlCommand(Book, connection, transaction)
        {
            Parameters = { Parameter.Of<Guid>(input.RunId), Parameter.Of<long>(expired) },
        };
        await book.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}

/// <summary>Chunks whose row is older than 90 days: nothing in the source announces that, only the clock does.</summary>
public static class ExpiredChunks
{
    private const string Look = "SELECT EXISTS (SELECT FROM rag_metadata WHERE cabinet_id = $1 AND expires_at <= $2)";

    private const string Delete = "DELETE FROM rag_metadata WHERE cabinet_id = $1 AND expires_at <= $2";

    /// <summary>Is there anything to delete? Takes no lock and no transaction: nearly always there is nothing.</summary>
    /// <param name="rag">An open connection to the index.</param>
    /// <param name="asOf">Business time of the round.</param>
    public static async Task<bool> AnyAsync(NpgsqlConnection rag, long cabinetId, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        await using var command = Command(rag, Look, cabinetId, asOf);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Deletes them, vectors included.</summary>
    /// <param name="rag">An open connection to the index; its transaction, if any, is used.</param>
    /// <param name="asOf">Business time of the round: what expires at this very instant goes.</param>
    /// <returns>How many chunks went.</returns>
    public static async Task<long> DeleteAsync(
        NpgsqlConnection rag, long cabinetId, DateTimeOffset asOf, CancellationToken cancellationToken)
    {
        await using var command = Command(rag, Delete, cabinetId, asOf);
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
