using Npgsql;
using RagFunctions.Core.Changes;

namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>The transaction of one page.</summary>
internal sealed record PageTransaction(NpgsqlConnection Connection, NpgsqlTransaction Transaction, long CabinetId)
{
    // Smaller pages are found by their keys, whatever the cabinet's size.
    private const int ManyRows = 1_000;

    // The planner cannot know how many rows of a cabinet a page meets or adds. In a table that is empty or was when last analysed it compares
    // row by row, while the page's own rows fill that table: 80,000 first orders then take minutes instead of a second.
    private const string JoinByHash = "SET LOCAL enable_nestloop = off";

    /// <summary>A batch within it: one round trip.</summary>
    public NpgsqlBatch Batch() => new(Connection, Transaction);

    /// <summary>Before a statement that compares a page with its table: says how to, where the page is large. Holds to the end of the page.</summary>
    public static void Prepare(NpgsqlBatch batch, int rows)
    {
        if (rows >= ManyRows)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(JoinByHash));
        }
    }
}

/// <summary>What a page changed: exactly the rows inserted or altered, announced in the transaction that wrote them.</summary>
internal readonly record struct ChangedRows(int Count, int Inserted)
{
    public static ChangedRows operator +(ChangedRows left, ChangedRows right) => new(left.Count + right.Count, left.Inserted + right.Inserted);

    /// <summary>Reads (id, inserted) of the batch's only statement that returns rows, and queues the ids.</summary>
    public static async Task<ChangedRows> AnnounceAsync(NpgsqlBatch batch, PageTransaction page, Entity entity, CancellationToken cancellationToken)
    {
        List<long> ids = [];
        var inserted = 0;
        await using (var reader = await batch.ExecuteReaderAsync(cancellationToken))
        {
            while (await reader.ReadAsync(cancellationToken))
            {
                // The original's ids are integers.
                ids.Add(await reader.GetFieldValueAsync<long>(0, cancellationToken));
                inserted += reader.GetBoolean(1) ? 1 : 0;
            }
        }

        if (ids.Count > 0)
        {
            await ChangeQueue.EnqueueAsync(page.Connection, page.Transaction, page.CabinetId, entity, ids, cancellationToken);
        }

        return new ChangedRows(ids.Count, inserted);
    }
}
