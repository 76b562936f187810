using Npgsql;
using RagFunctions.Core.Changes;

namespace RagFunctions.Core.Marketplace.Writers;

/// <summary>What a page changed: exactly the rows inserted or altered, announced in the transaction that wrote them.</summary>
internal readonly record struct ChangedRows(int Count, int Inserted)
{
    public static ChangedRows operator +(ChangedRows left, ChangedRows right) => new(left.Count + right.Count, left.Inserted + right.Inserted);

    /// <summary>Reads (id, inserted) of the batch's only statement that returns rows, and queues the ids.</summary>
    public static async Task<ChangedRows> AnnounceAsync(NpgsqlBatch batch, PageTransaction page, Entity entity, CancellationToken ct)
    {
        List<long> ids = [];
        var inserted = 0;
        await using (var reader = await batch.ExecuteReaderAsync(ct))
        {
            while (await reader.ReadAsync(ct))
            {
                // The original's ids are integers.
                ids.Add(await reader.GetFieldValueAsync<long>(0, ct));
                inserted += reader.GetBoolean(1) ? 1 : 0;
            }
        }

        if (ids.Count > 0)
        {
            await ChangeQueue.EnqueueAsync(page.Connection, page.Transaction, page.CabinetId, entity, ids, ct);
        }

        return new ChangedRows(ids.Count, inserted);
    }
}
