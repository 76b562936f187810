using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Store;

/// <summary>Removes a tenant from the index, a bounded number of rows at a time. What was interrupted is gone on with by another call.</summary>
public sealed class CabinetPurge(RagDatabase rag)
{
    // A transaction's worth, with a vector for each: some hundred milliseconds.
    private const int RowsAtOnce = 2_000;

    // FOR UPDATE waits for the sub-batches under way, which hold the token; a later one finds another token and writes nothing.
    private const string Lock = "SELECT FROM rag_index_status WHERE cabinet_id = $1 FOR UPDATE";

    private const string Close = """
        UPDATE rag_index_status
        SET is_active = false, requested_mode = NULL, allow_mass_delete = false, lease_token = lease_token + 1,
            lease_owner = NULL, lease_expires_at = NULL, lease_heartbeat_at = NULL, updated_at = clock_timestamp()
        WHERE cabinet_id = $1
        """;

    private const string DeleteChunks =
        "DELETE FROM rag_metadata WHERE id = ANY (ARRAY(SELECT id FROM rag_metadata WHERE cabinet_id = $1 LIMIT $2))";

    private const string DeleteRuns =
        "DELETE FROM rag_index_runs WHERE run_id = ANY (ARRAY(SELECT run_id FROM rag_index_runs WHERE cabinet_id = $1 LIMIT $2))";

    private const string DeleteBudget = "DELETE FROM rag_budgets WHERE cabinet_id = $1";

    private const string DeleteHours = "DELETE FROM rag_run_hours WHERE cabinet_id = $1";

    // Last: as long as it is there the cabinet is one that the index knows and the main database does not.
    private const string DeleteStatus = "DELETE FROM rag_index_status WHERE cabinet_id = $1";

    internal int BatchRows { get; init; } = RowsAtOnce;

    /// <summary>Deletes its chunks, vectors, runs, requests and status.</summary>
    /// <param name="cabinetId">The tenant.</param>
    /// <param name="progress">Told how many chunks have gone, after each 2,000.</param>
    /// <param name="cancellationToken">Stops between two batches; what is gone stays gone.</param>
    /// <returns>How many chunks went; null = the index did not know the cabinet.</returns>
    public async Task<long?> PurgeAsync(long cabinetId, IProgress<long>? progress, CancellationToken cancellationToken)
    {
        await using var connection = await rag.Source.OpenConnectionAsync(cancellationToken);
        var known = await CloseAsync(connection, cabinetId, cancellationToken);
        await using var deleteChunks = Command(connection, DeleteChunks, cabinetId);
        var chunks = await BatchedDelete.RunAsync(deleteChunks, BatchRows, gone => progress?.Report(gone), cancellationToken);
        await using var deleteRuns = Command(connection, DeleteRuns, cabinetId);
        var runs = await BatchedDelete.RunAsync(deleteRuns, BatchRows, progress: null, cancellationToken);
        await ExecuteAsync(connection, DeleteBudget, cabinetId, cancellationToken);
        await ExecuteAsync(connection, DeleteHours, cabinetId, cancellationToken);
        await ExecuteAsync(connection, DeleteStatus, cabinetId, cancellationToken);
        return known || chunks + runs > 0 ? chunks : null;
    }

    /// <summary>Nobody writes the cabinet any more.</summary>
    private static async Task<bool> CloseAsync(NpgsqlConnection connection, long cabinetId, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, Lock, cabinetId, cancellationToken);
        var known = await ExecuteAsync(connection, Close, cabinetId, cancellationToken) > 0;
        await transaction.CommitAsync(cancellationToken);
        return known;
    }

    private static async Task<int> ExecuteAsync(NpgsqlConnection connection, string sql, long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, sql, cabinetId);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, long cabinetId) =>
        new(sql, connection) { Parameters = { Parameter.Of<long>(cabinetId) } };
}
