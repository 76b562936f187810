using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>
/// Deletes what the sync has logged and nobody will read any more: a row for every try of every entity, some 500 a day for each cabinet, and
/// rows kept aside that the marketplace no longer sends.
/// </summary>
public sealed class SyncLogPurge(MainDatabase main, TimeProvider time, IOptions<MarketplaceOptions> options)
{
    // A transaction's worth: the first purge after a long time finds millions.
    private const int RowsAtOnce = 20_000;

    // The table may be another service's too: its rows have types of their own.
    private const string Delete = """
        DELETE FROM wb_sync_logs
        WHERE id = ANY (ARRAY(
            SELECT id FROM wb_sync_logs WHERE started_at < $1 AND sync_type = ANY ($2) ORDER BY started_at LIMIT $3))
        """;

    // The marketplace tells 90 days: a row kept aside that has not come for so long does not come again.
    private const int RejectDays = 90;

    private const string DeleteRejects = """
        DELETE FROM wb_sync_rejects
        WHERE ctid = ANY (ARRAY(SELECT ctid FROM wb_sync_rejects WHERE last_seen_at < $1 LIMIT $2))
        """;

    internal int BatchRows { get; init; } = RowsAtOnce;

    /// <summary>
    /// Deletes rows of this sync older than <see cref="MarketplaceOptions.KeepLogDays"/>, and rows kept aside that have not come for 90 days. A
    /// round trip for every 20,000 of them, and two more.
    /// </summary>
    /// <returns>How many were deleted.</returns>
    public async Task<long> PurgeAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        string[] types = [.. SyncEntityNames.All.Select(entity => entity.Name())];
        await using var connection = await main.Source.OpenConnectionAsync(cancellationToken);
        await using var logs = new NpgsqlCommand(Delete, connection)
        {
            Parameters =
            {
                Parameter.Of(now.AddDays(-options.Value.KeepLogDays).UtcDateTime),
                Parameter.Of<string[]>(types),
            },
        };
        await using var rejects = new NpgsqlCommand(DeleteRejects, connection)
        {
            Parameters = { Parameter.Of(now.AddDays(-RejectDays)) },
        };
        return await BatchedDelete.RunAsync(logs, BatchRows, progress: null, cancellationToken)
            + await BatchedDelete.RunAsync(rejects, BatchRows, progress: null, cancellationToken);
    }
}
