using System.Globalization;
using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Sync;

namespace RagFunctions.Core.Marketplace.Stocks;

/// <summary>
/// Stock by article, size and warehouse. A snapshot may be interrupted by a limit and go on in another process, so what it has named is kept
/// in a table (<c>wb_sync_seen</c>) and not in a temporary one; only the page itself is temporary.
/// </summary>
internal static class StockWriter
{
    // Where the database refuses a row, the page is written in parts: the table is there then, and full.
    private const string CreatePage = """
        CREATE TEMP TABLE IF NOT EXISTS stock_page (
            nm_id bigint, size_key text, warehouse_key text, chrt_id numeric, size text, barcode text, article text, brand text, category text,
            warehouse_id bigint, warehouse_name text, quantity bigint, to_client bigint, from_client bigint) ON COMMIT DROP
        """;

    private const string EmptyPage = "DELETE FROM stock_page";

    // Lines of one size in one warehouse are added up: the task report gives one for each barcode.
    private const string FillPage = """
        INSERT INTO stock_page
        SELECT l.nm_id, COALESCE(known.chrt_id, l.chrt_id)::text, l.warehouse_key, COALESCE(known.chrt_id, l.chrt_id),
            min(COALESCE(known.tech_size, l.size)), min(COALESCE(known.barcodes[1], l.barcode)), min(p.vendor_code), min(p.brand), min(p.category),
            min(l.warehouse_id), min(l.warehouse_name), sum(l.quantity), sum(l.to_client), sum(l.from_client)
        FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11) AS l (
            nm_id, chrt_id, barcode, size, warehouse_id, warehouse_key, warehouse_name, quantity, to_client, from_client)
        LEFT JOIN LATERAL (
            SELECT s.chrt_id, s.tech_size, s.barcodes FROM wb_product_sizes s WHERE s.cabinet_id = $1 AND s.chrt_id = l.chrt_id
            UNION ALL
            (SELECT s.chrt_id, s.tech_size, s.barcodes FROM wb_product_sizes s
             WHERE l.chrt_id IS NULL AND s.cabinet_id = $1 AND s.nm_id = l.nm_id AND (l.barcode = ANY (s.barcodes) OR s.tech_size = l.size)
             ORDER BY COALESCE(l.barcode = ANY (s.barcodes), false) DESC, s.chrt_id LIMIT 1)) AS known ON true
        LEFT JOIN wb_products p ON p.cabinet_id = $1 AND p.nm_id = l.nm_id
        GROUP BY l.nm_id, COALESCE(known.chrt_id, l.chrt_id), CASE WHEN COALESCE(known.chrt_id, l.chrt_id) IS NULL THEN l.size END, l.warehouse_key
        """;

    // A size whose card has not come yet is known by its name.
    private const string NameSizes = "UPDATE stock_page SET size_key = 'size:' || COALESCE(size, '') WHERE size_key IS NULL";

    private const string Adopt = """
        WITH candidate AS (
            SELECT s.id, p.size_key, p.warehouse_key, p.chrt_id,
                count(*) OVER (PARTITION BY s.id) AS lines, count(*) OVER (PARTITION BY p.nm_id, p.size_key, p.warehouse_key) AS rows
            FROM stock_page p
            JOIN wb_stocks s ON s.cabinet_id = $1 AND s.size_key IS NULL AND s.nm_id = p.nm_id AND s.warehouse_name = p.warehouse_name
                AND s.size IS NOT DISTINCT FROM p.size
            WHERE p.warehouse_key LIKE 'wb:%' AND NOT EXISTS (
                SELECT FROM wb_stocks known WHERE known.cabinet_id = $1 AND known.nm_id = p.nm_id AND known.size_key = p.size_key
                    AND known.warehouse_key = p.warehouse_key))
        UPDATE wb_stocks s SET size_key = candidate.size_key, warehouse_key = candidate.warehouse_key, chrt_id = candidate.chrt_id
        FROM candidate WHERE s.id = candidate.id AND candidate.lines = 1 AND candidate.rows = 1
        """;

    private const string Store = """
        WITH i AS (
            SELECT nm_id, size_key::varchar(80) AS size_key, warehouse_key::varchar(300) AS warehouse_key, chrt_id, size::varchar(50) AS size,
                barcode::varchar(100) AS barcode, article::varchar(100) AS article, brand::varchar(255) AS brand,
                category::varchar(255) AS category, warehouse_id, warehouse_name::varchar(255) AS warehouse_name, quantity, to_client,
                from_client, quantity + to_client + from_client AS whole
            FROM stock_page),
        updated AS (
            UPDATE wb_stocks s SET (chrt_id, size, barcode, article, brand, category, warehouse_id, warehouse_name, quantity, in_way_to_client,
                in_way_from_client, quantity_full, last_updated, updated_at)
                = (i.chrt_id, i.size, i.barcode, i.article, i.brand, i.category, i.warehouse_id, i.warehouse_name, i.quantity, i.to_client,
                i.from_client, i.whole, $2, now())
            FROM i
            WHERE s.cabinet_id = $1 AND s.nm_id = i.nm_id AND s.size_key = i.size_key AND s.warehouse_key = i.warehouse_key
                AND (s.chrt_id, s.size, s.barcode, s.article, s.brand, s.category, s.warehouse_id, s.warehouse_name, s.quantity,
                    s.in_way_to_client, s.in_way_from_client, s.quantity_full)
                IS DISTINCT FROM (i.chrt_id, i.size, i.barcode, i.article, i.brand, i.category, i.warehouse_id, i.warehouse_name, i.quantity,
                    i.to_client, i.from_client, i.whole)
            RETURNING s.id::bigint, false AS is_new),
        inserted AS (
            INSERT INTO wb_stocks (
                cabinet_id, nm_id, size_key, warehouse_key, chrt_id, size, barcode, article, brand, category, warehouse_id, warehouse_name,
                quantity, in_way_to_client, in_way_from_client, quantity_full, last_updated)
            SELECT $1, nm_id, size_key, warehouse_key, chrt_id, size, barcode, article, brand, category, warehouse_id, warehouse_name, quantity,
                to_client, from_client, whole, $2
            FROM i WHERE NOT EXISTS (
                SELECT FROM wb_stocks known
                WHERE known.cabinet_id = $1 AND known.nm_id = i.nm_id AND known.size_key = i.size_key AND known.warehouse_key = i.warehouse_key)
            RETURNING id::bigint, true AS is_new)
        SELECT id, is_new FROM updated UNION ALL SELECT id, is_new FROM inserted
        """;

    private const string MarkSeen = """
        INSERT INTO wb_sync_seen (cabinet_id, scope, row_id)
        SELECT $1, $2, s.id FROM stock_page p
        JOIN wb_stocks s ON s.cabinet_id = $1 AND s.nm_id = p.nm_id AND s.size_key = p.size_key AND s.warehouse_key = p.warehouse_key
        ON CONFLICT DO NOTHING
        """;

    private const string MarkUnread = """
        INSERT INTO wb_sync_seen (cabinet_id, scope, row_id)
        SELECT $1, $2, s.id FROM wb_stocks s WHERE s.cabinet_id = $1 AND s.nm_id = ANY ($3)
            AND (CASE WHEN starts_with(s.warehouse_key, 'seller:') THEN 'stocks:seller' ELSE 'stocks:wb' END) = $2
        ON CONFLICT DO NOTHING
        """;

    private const string ForgetSeen = "DELETE FROM wb_sync_seen WHERE cabinet_id = $1 AND scope = $2";

    // Rows of the original have no key; they came from the marketplace's warehouses.
    private const string CountLive = """
        SELECT count(*) FROM wb_stocks
        WHERE cabinet_id = $1 AND (CASE WHEN starts_with(warehouse_key, 'seller:') THEN 'stocks:seller' ELSE 'stocks:wb' END) = $2
            AND (quantity > 0 OR in_way_to_client > 0 OR in_way_from_client > 0)
        """;

    private const string DescribeSeen = """
        SELECT count(*), COALESCE(md5(string_agg(row_id::text, ',' ORDER BY row_id)), 'empty')
        FROM wb_sync_seen WHERE cabinet_id = $1 AND scope = $2
        """;

    private const string ZeroVanished = """
        UPDATE wb_stocks s SET
            quantity = 0, in_way_to_client = 0, in_way_from_client = 0, quantity_full = 0, last_updated = $3, updated_at = now()
        WHERE s.cabinet_id = $1 AND (CASE WHEN starts_with(s.warehouse_key, 'seller:') THEN 'stocks:seller' ELSE 'stocks:wb' END) = $2
            AND (s.quantity IS DISTINCT FROM 0 OR s.in_way_to_client <> 0 OR s.in_way_from_client <> 0)
            AND NOT EXISTS (SELECT FROM wb_sync_seen seen WHERE seen.cabinet_id = $1 AND seen.scope = $2 AND seen.row_id = s.id)
        RETURNING s.id::bigint, false
        """;

    /// <summary>Begins a snapshot: nothing has been named yet.</summary>
    public static async Task<ChangedRows> BeginAsync(PageTransaction page, StockSource source, CancellationToken cancellationToken)
    {
        await using var batch = page.Batch();
        batch.BatchCommands.Add(Command(ForgetSeen, page.CabinetId, source));
        await batch.ExecuteNonQueryAsync(cancellationToken);
        return default;
    }

    /// <summary>Rows of the source that now hold anything; what a snapshot is measured by.</summary>
    public static async Task<long> CountLiveAsync(NpgsqlCommand command, long cabinetId, StockSource source, CancellationToken cancellationToken)
    {
        command.CommandText = CountLive;
        command.Parameters.Add(Parameter.Of(cabinetId));
        command.Parameters.Add(Parameter.Of(Scope(source)));
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>How many rows the snapshot named, and a digest of which.</summary>
    public static async Task<(long Rows, string Digest)> DescribeSeenAsync(NpgsqlCommand command, long cabinetId, StockSource source, CancellationToken cancellationToken)
    {
        command.CommandText = DescribeSeen;
        command.Parameters.Add(Parameter.Of(cabinetId));
        command.Parameters.Add(Parameter.Of(Scope(source)));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetString(1));
    }

    /// <summary>Writes a page of a snapshot; one round trip and one for the queue.</summary>
    /// <param name="unread">Articles with a line that could not be read: what is stored of them is not zeroed.</param>
    public static async Task<ChangedRows> WriteAsync(
        PageTransaction page, StockSource source, IReadOnlyList<StockLine> lines, long[] unread, DateTimeOffset now, CancellationToken cancellationToken)
    {
        StockLine[] rows = [.. WithoutRepeats(lines)];
        if (rows.Length == 0 && unread.Length == 0)
        {
            return default;
        }

        await using var batch = page.Batch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(CreatePage));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(EmptyPage));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(FillPage)
        {
            Parameters =
            {
                Parameter.Of(page.CabinetId), Column.Longs(rows, r => r.NmId), Column.Numbers(rows, r => r.ChrtId),
                Column.Texts(rows, r => r.Barcode), Column.Texts(rows, r => r.Size), Column.Longs(rows, r => r.WarehouseId),
                Column.Texts(rows, r => WarehouseKey(source, r)), Column.Texts(rows, r => r.WarehouseName), Column.Longs(rows, r => r.Quantity),
                Column.Longs(rows, r => r.InWayToClient), Column.Longs(rows, r => r.InWayFromClient),
            },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(NameSizes));
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Adopt) { Parameters = { Parameter.Of(page.CabinetId) } });
        PageTransaction.Prepare(batch, rows.Length);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Store) { Parameters = { Parameter.Of(page.CabinetId), Parameter.Of(now) } });
        batch.BatchCommands.Add(Command(MarkSeen, page.CabinetId, source));
        if (unread.Length > 0)
        {
            var mark = Command(MarkUnread, page.CabinetId, source);
            mark.Parameters.Add(Parameter.Of(unread));
            batch.BatchCommands.Add(mark);
        }

        return await ChangedRows.AnnounceAsync(batch, page, Entity.Stocks, cancellationToken);
    }

    /// <summary>Ends a snapshot: what it did not name holds nothing any more.</summary>
    public static async Task<ChangedRows> ZeroVanishedAsync(PageTransaction page, StockSource source, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var batch = page.Batch();
        var zero = Command(ZeroVanished, page.CabinetId, source);
        zero.Parameters.Add(Parameter.Of(now));
        batch.BatchCommands.Add(zero);
        batch.BatchCommands.Add(Command(ForgetSeen, page.CabinetId, source));
        return await ChangedRows.AnnounceAsync(batch, page, Entity.Stocks, cancellationToken);
    }

    // A row repeated within an answer is the same goods; only lines of the task report, which have no size id, add up.
    private static IEnumerable<StockLine> WithoutRepeats(IReadOnlyList<StockLine> lines) =>
        lines.Reverse().DistinctBy(line => (line.NmId, line.ChrtId, line.Barcode, line.Size, line.WarehouseId, line.WarehouseName)).Reverse();

    private static string WarehouseKey(StockSource source, StockLine line) =>
        (source == StockSource.Seller ? "seller:" : "wb:") + (line.WarehouseId?.ToString(CultureInfo.InvariantCulture) ?? line.WarehouseName);

    private static string Scope(StockSource source) => source == StockSource.Seller ? "stocks:seller" : "stocks:wb";

    private static NpgsqlBatchCommand Command(string sql, long cabinetId, StockSource source) =>
        new(sql) { Parameters = { Parameter.Of(cabinetId), Parameter.Of(Scope(source)) } };
}

/// <summary>Which report a stock row comes from; each is a full snapshot of its own.</summary>
internal enum StockSource
{
    /// <summary>The marketplace's warehouses, by report or by task.</summary>
    Marketplace,

    /// <summary>The seller's own warehouses.</summary>
    Seller,
}
