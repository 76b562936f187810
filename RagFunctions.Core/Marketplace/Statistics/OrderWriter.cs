using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Sync;

namespace RagFunctions.Core.Marketplace.Statistics;

/// <summary>Orders by <c>srid</c>. What an answer does not say stays as it is stored.</summary>
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

    // Two statements in one and no ON CONFLICT: that would lock every row it meets and draw an id for it, changed or not.
    private const string Store = """
        WITH i AS (
            SELECT srid, basket::varchar(100) AS order_id, nm_id, article::varchar(100) AS article, subject::varchar(500) AS name,
                brand::varchar(255) AS brand, size::varchar(50) AS size, barcode::varchar(100) AS barcode, category::varchar(255) AS category,
                subject::varchar(255) AS subject, finished, total, with_disc, spp, discount, currency::varchar(3) AS currency,
                warehouse::varchar(255) AS warehouse_from,
                region::varchar(255) AS warehouse_to, warehouse_type::varchar(50) AS warehouse_type, order_date,
                CASE WHEN cancelled THEN 'canceled' ELSE 'active' END AS status, cancel_date, changed
            FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23) AS sent (
                srid, basket, nm_id, article, subject, brand, size, barcode, category, finished, total, with_disc, spp, discount, warehouse,
                region, warehouse_type, order_date, cancelled, cancel_date, changed, currency)),
        updated AS (
            UPDATE wb_orders o SET (order_id, nm_id, article, name, brand, size, barcode, category, subject, price, total_price, price_with_disc, customer_price,
                spp_percent, discount_percent, currency, warehouse_from, warehouse_to, warehouse_type, order_date, status, cancel_date,
                last_change_date, updated_at)
                = (COALESCE(i.order_id, o.order_id), i.nm_id, COALESCE(i.article, o.article), COALESCE(i.name, o.name), COALESCE(i.brand, o.brand),
                COALESCE(i.size, o.size), COALESCE(i.barcode, o.barcode), COALESCE(i.category, o.category), COALESCE(i.subject, o.subject),
                COALESCE(i.finished, o.price), COALESCE(i.total, o.total_price), COALESCE(i.with_disc, o.price_with_disc),
                COALESCE(i.finished, o.customer_price), COALESCE(i.spp, o.spp_percent), COALESCE(i.discount, o.discount_percent),
                COALESCE(i.currency, o.currency), COALESCE(i.warehouse_from, o.warehouse_from), COALESCE(i.warehouse_to, o.warehouse_to),
                COALESCE(i.warehouse_type, o.warehouse_type), i.order_date, i.status, i.cancel_date, i.changed, now())
            FROM i
            WHERE o.cabinet_id = $1 AND o.srid = i.srid AND (o.last_change_date IS NULL OR o.last_change_date <= i.changed)
                AND (o.order_id, o.nm_id, o.article, o.name, o.brand, o.size, o.barcode, o.category, o.subject, o.price, o.total_price,
                    o.price_with_disc, o.customer_price, o.spp_percent, o.discount_percent, o.currency, o.warehouse_from, o.warehouse_to,
                    o.warehouse_type, o.order_date, o.status, o.cancel_date)
                IS DISTINCT FROM (COALESCE(i.order_id, o.order_id), i.nm_id, COALESCE(i.article, o.article), COALESCE(i.name, o.name),
                    COALESCE(i.brand, o.brand), COALESCE(i.size, o.size), COALESCE(i.barcode, o.barcode), COALESCE(i.category, o.category),
                    COALESCE(i.subject, o.subject), COALESCE(i.finished, o.price), COALESCE(i.total, o.total_price),
                    COALESCE(i.with_disc, o.price_with_disc), COALESCE(i.finished, o.customer_price), COALESCE(i.spp, o.spp_percent),
                    COALESCE(i.discount, o.discount_percent), COALESCE(i.currency, o.currency), COALESCE(i.warehouse_from, o.warehouse_from),
                    COALESCE(i.warehouse_to, o.warehouse_to), COALESCE(i.warehouse_type, o.warehouse_type), i.order_date, i.status, i.cancel_date)
            RETURNING o.id::bigint, false AS is_new),
        inserted AS (
            INSERT INTO wb_orders (
                cabinet_id, srid, order_id, nm_id, article, name, brand, size, barcode, category, subject, quantity, price, total_price,
                price_with_disc, customer_price, spp_percent, discount_percent, currency, warehouse_from, warehouse_to, warehouse_type, order_date,
                status, cancel_date, last_change_date)
            SELECT $1, srid, order_id, nm_id, article, name, brand, size, barcode, category, subject, 1, finished, total, with_disc, finished, spp,
                discount, currency, warehouse_from, warehouse_to, warehouse_type, order_date, status, cancel_date, changed
            FROM i WHERE NOT EXISTS (SELECT FROM wb_orders known WHERE known.cabinet_id = $1 AND known.srid = i.srid)
            RETURNING id::bigint, true AS is_new)
        SELECT id, is_new FROM updated UNION ALL SELECT id, is_new FROM inserted
        """;

    // A new change time on the same content is kept, so that an older answer is known as older; it is no change to announce.
    private const string MoveChangeTime = """
        UPDATE wb_orders o SET last_change_date = i.changed
        FROM unnest($2, $3) AS i (srid, changed)
        WHERE o.cabinet_id = $1 AND o.srid = i.srid AND (o.last_change_date IS NULL OR o.last_change_date < i.changed)
        """;

    /// <summary>Writes a page; one round trip and one for the queue.</summary>
    public static async Task<ChangedRows> WriteAsync(PageTransaction page, IReadOnlyList<OrderAnswer> orders, CancellationToken cancellationToken)
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
                Parameter.Of(page.CabinetId), Column.Texts(rows, r => r.Srid), Column.Texts(rows, r => r.Basket),
                Column.Longs(rows, r => r.NmId), Column.Texts(rows, r => r.Size), Column.Times(rows, r => r.Date),
            },
        });
        PageTransaction.Prepare(batch, rows.Count);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Store)
        {
            Parameters =
            {
                Parameter.Of(page.CabinetId), Column.Texts(rows, r => r.Srid), Column.Texts(rows, r => r.Basket),
                Column.Longs(rows, r => r.NmId), Column.Texts(rows, r => r.SellerArticle), Column.Texts(rows, r => r.Subject),
                Column.Texts(rows, r => r.Brand), Column.Texts(rows, r => r.Size), Column.Texts(rows, r => r.Barcode),
                Column.Texts(rows, r => r.Category), Column.Money(rows, r => r.FinishedPrice), Column.Money(rows, r => r.TotalPrice),
                Column.Money(rows, r => r.PriceWithDiscount), Column.Percents(rows, r => r.Spp), Column.Percents(rows, r => r.DiscountPercent),
                Column.Texts(rows, r => r.Warehouse), Column.Texts(rows, r => r.Region), Column.Texts(rows, r => r.WarehouseType),
                Column.Times(rows, r => r.Date), Column.Flags(rows, r => r.IsCancelled), Column.Times(rows, r => r.CancelledAt),
                Column.Times(rows, r => r.LastChange), Column.Texts(rows, r => r.Currency),
            },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(MoveChangeTime)
        {
            Parameters = { Parameter.Of(page.CabinetId), Column.Texts(rows, r => r.Srid), Column.Times(rows, r => r.LastChange) },
        });
        return await ChangedRows.AnnounceAsync(batch, page, Entity.Orders, cancellationToken);
    }
}
