using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>Deletes what the sync has logged and nobody will read any more: a row for every try of every entity, some 500 a day for each cabinet.</summary>
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

    internal int BatchRows { get; init; } = RowsAtOnce;

    /// <summary>Deletes rows of this sync older than <see cref="MarketplaceOptions.KeepLogDays"/>. A round trip for every 20,000 of them, and one more.</summary>
    /// <returns>How many were deleted.</returns>
    public async Task<long> PurgeAsync(CancellationToken cancellationToken)
    {
        var before = time.GetUtcNow().AddDays(-options.Value.KeepLogDays).UtcDateTime;
        string[] types = [.. SyncEntityNames.All.Select(entity => entity.Name())];
        await using var connection = await main.Source.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(Delete, connection)
        {
            Parameters =
            {
                Parameter.Of<DateTime>(before),
                Parameter.Of<string[]>(types),
                Parameter.Of<int>(BatchRows),
            },
        };
        long deleted = 0;
        int gone;
        do
        {
            gone = await command.ExecuteNonQueryAsync(cancellationToken);
            deleted += gone;
        }
        while (gone == BatchRows);
        return deleted;
    }
}
