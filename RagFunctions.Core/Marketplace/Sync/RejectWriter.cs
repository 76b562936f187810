using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Client;

namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>Rows that cannot be stored stand in <c>wb_sync_rejects</c> until they come again and can be, so that nobody has to search for what is missing.</summary>
internal static class RejectWriter
{
    // Seen again within the hour is not worth a write.
    private const string Keep = """
        INSERT INTO wb_sync_rejects AS r (cabinet_id, entity, row_key, reason, row, first_seen_at, last_seen_at)
        SELECT $1, $2, i.key, i.reason, i.row, $6, $6 FROM unnest($3, $4, $5) AS i (key, reason, row)
        ON CONFLICT (cabinet_id, entity, row_key) DO UPDATE SET reason = EXCLUDED.reason, row = EXCLUDED.row, last_seen_at = EXCLUDED.last_seen_at
        WHERE (r.reason, r.row) IS DISTINCT FROM (EXCLUDED.reason, EXCLUDED.row) OR r.last_seen_at < EXCLUDED.last_seen_at - interval '1 hour'
        """;

    private const string Forget = "DELETE FROM wb_sync_rejects WHERE cabinet_id = $1 AND entity = $2 AND row_key = ANY ($3)";

    // A row that can be read and still not be written: a number beyond its column, a text that the database's encoding does not have.
    private const string DataErrors = "22";

    /// <summary>Writes rows, and where the database refuses one of them all the others.</summary>
    /// <param name="page">The transaction of the page.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="write">Writes some of them.</param>
    /// <param name="rejects">Takes those that were refused.</param>
    public static async Task<ChangedRows> WriteEachAsync<TRow>(
        PageTransaction page, IReadOnlyList<TRow> rows, Func<PageTransaction, IReadOnlyList<TRow>, Task<ChangedRows>> write, List<RejectedRow> rejects,
        CancellationToken cancellationToken)
        where TRow : IMarketplaceRow
    {
        const string Half = "half";
        await page.Transaction.SaveAsync(Half, cancellationToken);
        try
        {
            var changed = await write(page, rows);
            await page.Transaction.ReleaseAsync(Half, cancellationToken);
            return changed;
        }
        catch (PostgresException refusal) when (IsOfRow(refusal))
        {
            await page.Transaction.RollbackAsync(Half, cancellationToken);
            await page.Transaction.ReleaseAsync(Half, cancellationToken);
            if (rows.Count <= 1)
            {
                rejects.AddRange(rows.Select(row => Of(row, refusal)));
                return default;
            }

            var middle = rows.Count / 2;
            return await WriteEachAsync(page, [.. rows.Take(middle)], write, rejects, cancellationToken)
                + await WriteEachAsync(page, [.. rows.Skip(middle)], write, rejects, cancellationToken);
        }
    }

    /// <summary>Whether the database refused what a row holds, and not the statement, the connection or the moment.</summary>
    public static bool IsOfRow(PostgresException refusal) =>
        refusal.SqlState.StartsWith(DataErrors, StringComparison.Ordinal)
        || refusal.SqlState is PostgresErrorCodes.CheckViolation or PostgresErrorCodes.NotNullViolation or PostgresErrorCodes.ProgramLimitExceeded;

    /// <summary>Keeps the rejects of a page and forgets those that could be stored this time. At most two round trips, and none on an ordinary page.</summary>
    public static async Task StoreAsync(
        PageTransaction page, SyncLease lease, IReadOnlyList<RejectedRow> rejects, IEnumerable<string> stored, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var batch = page.Batch();
        if (lease.HasRejects)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Forget)
            {
                Parameters = { Parameter.Of(lease.CabinetId), Parameter.Of(lease.Entity.Name()), Parameter.Of(stored.ToArray()) },
            });
        }

        if (rejects.Count > 0)
        {
            RejectedRow[] rows = [.. rejects.DistinctBy(reject => reject.Key)];
            batch.BatchCommands.Add(new NpgsqlBatchCommand(Keep)
            {
                Parameters =
                {
                    Parameter.Of(lease.CabinetId), Parameter.Of(lease.Entity.Name()), Column.Texts(rows, r => r.Key), Column.Texts(rows, r => r.Reason),
                    Column.Texts(rows, r => r.Json), Parameter.Of(now),
                },
            });
        }

        if (batch.BatchCommands.Count > 0)
        {
            await batch.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    // Its text may quote the row's values, which the operator needs to see; they are the seller's own figures.
    private static RejectedRow Of<TRow>(TRow row, PostgresException refusal)
        where TRow : IMarketplaceRow
    {
        var key = row.Key.Length <= RejectedRow.LongestKey ? row.Key : row.Key[..RejectedRow.LongestKey];
        var text = row.ToString() ?? "";
        return new RejectedRow(key, row.Article, $"{refusal.SqlState}: {refusal.MessageText}", text[..Math.Min(text.Length, RejectedRow.LongestJson)]);
    }
}
