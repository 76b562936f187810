using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Store;

/// <summary>Removes a tenant from the index.</summary>
public sealed class CabinetPurge(RagDatabase rag)
{
    // The status row first and locked: a sub-batch that is under way ends before, a later one finds no lease and writes nothing.
    private const string DeleteStatus = "DELETE FROM rag_index_status WHERE cabinet_id = $1";
    private const string DeleteChunks = "DELETE FROM rag_metadata WHERE cabinet_id = $1";
    private const string DeleteRuns = "DELETE FROM rag_index_runs WHERE cabinet_id = $1";

    private const string DeleteBudget = "DELETE FROM rag_budgets WHERE cabinet_id = $1";

    /// <summary>Deletes its chunks, vectors, runs, requests and status in one transaction.</summary>
    /// <returns>How many chunks went; null = the index did not know the cabinet.</returns>
    public async Task<long?> PurgeAsync(long cabinetId, CancellationToken cancellationToken)
    {
        await using var connection = await rag.Source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        long chunks = 0;
        var known = false;
        foreach (var sql in (string[])[DeleteStatus, DeleteChunks, DeleteRuns, DeleteBudget])
        {
            await using var command = connection.CreateCommand();
            command.CommandText = sql;
            command.Parameters.Add(Parameter.Of(cabinetId));
            var deleted = await command.ExecuteNonQueryAsync(cancellationToken);
            chunks = sql == DeleteChunks ? deleted : chunks;
            known |= deleted > 0 && sql != DeleteBudget;
        }

        await transaction.CommitAsync(cancellationToken);
        return known ? chunks : null;
    }
}
