using Npgsql;
using RagFunctions.Core.Marketplace.Client;

namespace RagFunctions.Core.Marketplace.Writers;

/// <summary>Orders by <c>srid</c>.</summary>
internal static class OrderWriter
{
    // Rows of the original know their basket, not their order: they are recognised only where nothing else could be meant.
    private const string Adopt = """
        WITH candidate AS (
            SELECT o.id, i.srid, count(*) OVER (PARTITION BY o.id) AS orders, count(*) OVER (PARTITION BY i.srid) AS rows
            FROM unnest($2, $3, $4, $5, $6) AS i (srid, basket, nm_id, size, order_date)
            JOIN wb_orders o ON o.cabinet_id = $1 AND o.srid IS NULL AND o.order_id = i.basket AND o.nm_id = i.nm_id
                AND o.size IS NOT DISTINCT FROM i.size AND o.order_date = i.order_date
            WHERE NOT EXISTS (SELECT FROM wb_orders known WHERE known.cabinet_id = $1 AND known.srid = i.srid))
        UPDATE wb_orders o SET srid = candidate.srid
        FROM candidate WHERE o.id = candidate.id AND candidate.orders = 1 AND candidate.rows = 1
        """;

    // Rows that are there already are left out by the join: a conflict locks its row even where it updates nothing. The condition on the
    // conflict is for a row that came meanwhile.
    private const string Upsert = """
        INSERT INTO wb_orders AS o (
            cabinet_id, srid, order_id, nm_id, article, name, brand, size, barcode, category, subject, quantity, price, total_price,
            price_with_disc, customer_price, spp_percent, discount_percent, warehouse_from, warehouse_to, warehouse_type, order_date, status,
            cancel_date, last_change_date)
        SELECT $1, n.srid, n.order_id, n.nm_id, n.article, n.subject::varchar(500), n.brand, n.size, n.barcode, n.category,
            n.subject::varchar(255), 1, n.price, n.total_price, n.price_with_disc, n.price, n.spp_percent, n.discount_percent,
            n.warehouse_from, n.warehouse_to, n.warehouse_type, n.order_date, n.status, n.cancel_date, n.last_change_date
        FROM (
            SELECT i.srid, i.basket::varchar(100), i.nm_id, i.article::varchar(100), i.subject, i.brand::varchar(255), i.size::varchar(50),
                i.barcode::varchar(100), i.category::varchar(255), i.finished::numeric(18,2), i.total::numeric(18,2),
                i.with_disc::numeric(18,2), i.spp::numeric(9,4), i.discount::numeric(9,4), i.warehouse::varchar(255), i.region::varchar(255),
                i.warehouse_type::varchar(50), i.order_date, CASE WHEN i.cancelled THEN 'canceled' ELSE 'active' END, i.cancel_date, i.changed
            FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22) AS i (
                srid, basket, nm_id, article, subject, brand, size, barcode, category, finished, total, with_disc, spp, discount, warehouse,
                region, warehouse_type, order_date, cancelled, cancel_date, changed)) AS n (
            srid, order_id, nm_id, article, subject, brand, size, barcode, category, price, total_price, price_with_disc, spp_percent,
            discount_percent, warehouse_from, warehouse_to, warehouse_type, order_date, status, cancel_date, last_change_date)
        LEFT JOIN wb_orders known ON known.cabinet_id = $1 AND known.srid = n.srid
        WHERE known.id IS NULL OR (known.last_change_date IS NULL OR known.last_change_date <= n.last_change_date)
            AND (known.order_id, known.nm_id, known.article, known.name, known.brand, known.size, known.barcode, known.category, known.subject,
                known.price, known.total_price, known.price_with_disc, known.customer_price, known.spp_percent, known.discount_percent,
                known.warehouse_from, known.warehouse_to, known.warehouse_type, known.order_date, known.status, known.cancel_date)
            IS DISTINCT FROM (n.order_id, n.nm_id, n.article, n.subject::varchar(500), n.brand, n.size, n.barcode, n.category,
                n.subject::varchar(255), n.price, n.total_price, n.price_with_disc, n.price, n.spp_percent, n.discount_percent,
                n.warehouse_from, n.warehouse_to, n.warehouse_type, n.order_date, n.status, n.cancel_date)
        ON CONFLICT (cabinet_id, srid) DO UPDATE SET
            order_id = EXCLUDED.order_id, nm_id = EXCLUDED.nm_id, article = EXCLUDED.article, name = EXCLUDED.name, brand = EXCLUDED.brand,
            size = EXCLUDED.size, barcode = EXCLUDED.barcode, category = EXCLUDED.category, subject = EXCLUDED.subject,
            price = EXCLUDED.price, total_price = EXCLUDED.total_price, price_with_disc = EXCLUDED.price_with_disc,
            customer_price = EXCLUDED.customer_price, spp_percent = EXCLUDED.spp_percent, discount_percent = EXCLUDED.discount_percent,
            warehouse_from = EXCLUDED.warehouse_from, warehouse_to = EXCLUDED.warehouse_to, warehouse_type = EXCLUDED.warehouse_type,
            order_date = EXCLUDED.order_date, status = EXCLUDED.status, cancel_date = EXCLUDED.cancel_date,
            last_change_date = EXCLUDED.last_change_date, updated_at = now()
        WHERE o.last_change_date IS NULL OR o.last_change_date <= EXCLUDED.last_change_date
        RETURNING o.id::bigint, o.xmax = 0
        """;

    // A new change time on the same content is kept, so that an older answer is known as older; it is no change to announce.
    private const string MoveChangeTime = """
        UPDATE wb_orders o SET last_change_date = i.changed
        FROM unnest($2, $3) AS i (srid, changed)
        WHERE o.cabinet_id = $1 AND o.srid = i.srid AND (o.last_change_date IS NULL OR o.last_change_date < i.changed)
        """;

    /// <summary>Writes a page; one round trip and one for the queue.</summary>
    public static async Task<ChangedRows> WriteAsync(PageTransaction page, IReadOnlyList<OrderAnswer> orders, CancellationToken ct)
    {
        var rows = LatestRows.Of(orders);
        if (rows.Count == 0)
        {
            return default;
        }

        await using var batch = page.Batch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Adopt)
        {
            Parameters =
            {
                new() { Value = page.CabinetId }, Column.Texts(rows, r => r.Srid), Column.Texts(rows, r => r.Basket),
                Column.Longs(rows, r => r.NmId), Column.Texts(rows, r => r.Size), Column.Times(rows, r => r.Date),
            },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Upsert)
        {
            Parameters =
            {
                new() { Value = page.CabinetId }, Column.Texts(rows, r => r.Srid), Column.Texts(rows, r => r.Basket),
                Column.Longs(rows, r => r.NmId), Column.Texts(rows, r => r.Article), Column.Texts(rows, r => r.Subject),
                Column.Texts(rows, r => r.Brand), Column.Texts(rows, r => r.Size), Column.Texts(rows, r => r.Barcode),
                Column.Texts(rows, r => r.Category), Column.Numbers(rows, r => r.FinishedPrice), Column.Numbers(rows, r => r.TotalPrice),
                Column.Numbers(rows, r => r.PriceWithDiscount), Column.Numbers(rows, r => r.Spp), Column.Numbers(rows, r => r.DiscountPercent),
                Column.Texts(rows, r => r.Warehouse), Column.Texts(rows, r => r.Region), Column.Texts(rows, r => r.WarehouseType),
                Column.Times(rows, r => r.Date), Column.Flags(rows, r => r.IsCancelled), Column.Times(rows, r => r.CancelledAt),
                Column.Times(rows, r => r.LastChange),
            },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(MoveChangeTime)
        {
            Parameters = { new() { Value = page.CabinetId }, Column.Texts(rows, r => r.Srid), Column.Times(rows, r => r.LastChange) },
        });
        return await ChangedRows.AnnounceAsync(batch, page, Entity.Orders, ct);
    }
}
