using Npgsql;
using RagFunctions.Core.Databases;

namespace RagFunctions.Core.Changes;

/// <summary>Reads <see cref="SourceFacts"/>: one round trip, a second one where the sync's cursors exist.</summary>
public sealed class SourceFactsReader(MainDatabase main)
{
    // A statement-level trigger on the rows' deletion is what catch-up cannot replace, so it is the one looked for.
    private const string Facts = """
        SELECT clock_timestamp(),
               COALESCE((SELECT c.is_active FROM wb_cabinets AS c WHERE c.id = $1), false),
               (SELECT q.version FROM rag_changes AS q WHERE q.cabinet_id = $1 AND q.source_table = '*' AND q.source_id = 0),
               (SELECT count(DISTINCT t.tgrelid) FROM pg_trigger AS t
                WHERE t.tgrelid = ANY (ARRAY[to_regclass('wb_products'), to_regclass('wb_orders'), to_regclass('wb_stocks'),
                                             to_regclass('wb_reviews'), to_regclass('wb_sales')])
                  AND NOT t.tgisinternal AND t.tgenabled <> 'D' AND (t.tgtype & 8) <> 0 AND t.tgname = 'rag_capture_delete') = 5,
               to_regclass('wb_sync_cursors') IS NOT NULL
        """;

    private const string Cursors = "SELECT EXISTS (SELECT FROM wb_sync_cursors WHERE cabinet_id = $1)";

    /// <summary>Reads them.</summary>
    public async Task<SourceFacts> ReadAsync(long cabinetId, CancellationToken cancellationToken)
    {
        await using var connection = await main.Source.OpenConnectionAsync(cancellationToken);
        DateTimeOffset now;
        bool active, captured, cursors;
        long? request;
        await using (var command = new NpgsqlCommand(Facts, connection) { Parameters = { Parameter.Of<long>(cabinetId) } })
        await using (var row = await command.ExecuteReaderAsync(cancellationToken))
        {
            await row.ReadAsync(cancellationToken);
            now = row.GetFieldValue<DateTimeOffset>(0);
            active = row.GetBoolean(1);
            request = row.GetFieldValue<long?>(2);
            captured = row.GetBoolean(3);
            cursors = row.GetBoolean(4);
        }

        var synced = !captured && cursors && await HasCursorAsync(connection, cabinetId, cancellationToken);
        return new SourceFacts(now, active, request, captured ? ChangeSource.Capture : synced ? ChangeSource.Sync : ChangeSource.CatchUp);
    }

    private static async Task<bool> HasCursorAsync(NpgsqlConnection connection, long cabinetId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Cursors, connection) { Parameters = { Parameter.Of<long>(cabinetId) } };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}

/// <summary>What the main database says about a cabinet when a round begins.</summary>
/// <param name="Now">Its clock, read before the first source row: the watermark of the next catch-up.</param>
/// <param name="IsActive">The cabinet exists and is active.</param>
/// <param name="FullRequestVersion">Version of the queue's request for a full rebuild (a table was truncated); null = none.</param>
/// <param name="Kind">How its changes are announced.</param>
public sealed record SourceFacts(DateTimeOffset Now, bool IsActive, long? FullRequestVersion, ChangeSource Kind);
