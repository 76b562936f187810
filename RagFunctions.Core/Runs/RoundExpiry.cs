using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Store;

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
            Parameters = { new NpgsqlParameter<Guid> { TypedValue = input.RunId }, new NpgsqlParameter<long> { TypedValue = expired } },
        };
        await book.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
