using Npgsql;

namespace RagFunctions.Core.Databases;

/// <summary>Deletes a bounded number of rows at a time: locks stay short, and what was interrupted is gone on with by another call.</summary>
internal static class BatchedDelete
{
    /// <summary>Repeats a statement until it deletes fewer rows than it may.</summary>
    /// <param name="delete">The statement. The rows it may delete are its last parameter, which is added here.</param>
    /// <param name="rows">How many it may delete.</param>
    /// <param name="progress">Told after every batch how many rows have gone so far.</param>
    /// <param name="cancellationToken">Stops between two batches.</param>
    /// <returns>How many rows went.</returns>
    public static async Task<long> RunAsync(NpgsqlCommand delete, int rows, Action<long>? progress, CancellationToken cancellationToken)
    {
        delete.Parameters.Add(Parameter.Of<int>(rows));
        long deleted = 0;
        int gone;
        do
        {
            gone = await delete.ExecuteNonQueryAsync(cancellationToken);
            deleted += gone;
            progress?.Invoke(deleted);
        }
        while (gone == rows);
        return deleted;
    }
}
