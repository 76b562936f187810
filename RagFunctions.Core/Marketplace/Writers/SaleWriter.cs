using Npgsql;
using RagFunctions.Core.Marketplace.Client;

namespace RagFunctions.Core.Marketplace.Writers;

/// <summary>
/// Sales and returns by <c>saleID</c>. <c>sale_id</c> (the srid) and <c>order_id</c> (the sale id) keep what the original put there, for its
/// readers; <c>amount</c> is what the buyer paid, the list price has a column of its own.
/// </summary>
internal static class SaleWriter
{
    private const string Adopt = """
        WITH candidate AS (
            SELECT s.id, i.sale_id, count(*) OVER (PARTITION BY s.id) AS sales, count(*) OVER (PARTITION BY i.sale_id) AS rows
            FROM unnest($2, $3) AS i (sale_id, srid)
            JOIN wb_sales s ON s.cabinet_id = $1 AND s.wb_sale_id IS NULL AND s.order_id = i.sale_id AND s.sale_id = i.srid
            WHERE NOT EXISTS (SELECT FROM wb_sales known WHERE known.cabinet_id = $1 AND known.wb_sale_id = i.sale_id))
        UPDATE wb_sales s SET wb_sale_id = candidate.sale_id
        FROM candidate WHERE s.id = candidate.id AND candidate.sales = 1 AND candidate.rows = 1
        """;

    // Known rows are left out by the join, as in OrderWriter: a conflict locks its row even where it updates nothing.
    private const string Upsert = """
        INSERT INTO wb_sales AS s (
            cabinet_id, wb_sale_id, srid, sale_id, order_id, g_number, nm_id, product_name, brand, size, barcode, amount, total_price,
            price_with_disc, for_pay, wallet_discount, customer_price, spp_percent, discount_percent, sale_date, type, status, last_change_date)
        SELECT $1, n.id, n.srid, n.sale_id, n.id, n.g_number, n.nm_id, n.product_name, n.brand, n.size, n.barcode, n.amount, n.total_price,
            n.price_with_disc, n.for_pay, n.wallet_discount, n.amount, n.spp_percent, n.discount_percent, n.sale_date, n.type, 'completed',
            n.last_change_date
        FROM (
            SELECT i.sale_id, i.srid, i.srid::varchar(100), i.basket::varchar(100), i.nm_id, i.subject::varchar(500), i.brand::varchar(255),
                i.size::varchar(50), i.barcode::varchar(100), i.finished::numeric(18,2), i.total::numeric(18,2), i.with_disc::numeric(18,2),
                i.for_pay::numeric(18,2), i.wallet::numeric(18,2), i.spp::numeric(9,4), i.discount::numeric(9,4), i.sale_date,
                CASE WHEN i.is_return THEN 'return' ELSE 'buyout' END, i.changed
            FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19) AS i (
                sale_id, srid, basket, nm_id, subject, brand, size, barcode, finished, total, with_disc, for_pay, wallet, spp, discount,
                sale_date, is_return, changed)) AS n (
            id, srid, sale_id, g_number, nm_id, product_name, brand, size, barcode, amount, total_price, price_with_disc, for_pay,
            wallet_discount, spp_percent, discount_percent, sale_date, type, last_change_date)
        LEFT JOIN wb_sales known ON known.cabinet_id = $1 AND known.wb_sale_id = n.id
        WHERE known.id IS NULL OR (known.last_change_date IS NULL OR known.last_change_date <= n.last_change_date)
            AND (known.srid, known.sale_id, known.order_id, known.g_number, known.nm_id, known.product_name, known.brand, known.size,
                known.barcode, known.amount, known.total_price, known.price_with_disc, known.for_pay, known.wallet_discount,
                known.customer_price, known.spp_percent, known.discount_percent, known.sale_date, known.type, known.status)
            IS DISTINCT FROM (n.srid, n.sale_id, n.id, n.g_number, n.nm_id, n.product_name, n.brand, n.size, n.barcode, n.amount,
                n.total_price, n.price_with_disc, n.for_pay, n.wallet_discount, n.amount, n.spp_percent, n.discount_percent, n.sale_date,
                n.type, 'completed')
        ON CONFLICT (cabinet_id, wb_sale_id) DO UPDATE SET
            srid = EXCLUDED.srid, sale_id = EXCLUDED.sale_id, order_id = EXCLUDED.order_id, g_number = EXCLUDED.g_number, nm_id = EXCLUDED.nm_id,
            product_name = EXCLUDED.product_name, brand = EXCLUDED.brand, size = EXCLUDED.size, barcode = EXCLUDED.barcode,
            amount = EXCLUDED.amount, total_price = EXCLUDED.total_price, price_with_disc = EXCLUDED.price_with_disc,
            for_pay = EXCLUDED.for_pay, wallet_discount = EXCLUDED.wallet_discount, customer_price = EXCLUDED.customer_price,
            spp_percent = EXCLUDED.spp_percent, discount_percent = EXCLUDED.discount_percent, sale_date = EXCLUDED.sale_date,
            type = EXCLUDED.type, status = EXCLUDED.status, last_change_date = EXCLUDED.last_change_date, updated_at = now()
        WHERE s.last_change_date IS NULL OR s.last_change_date <= EXCLUDED.last_change_date
        RETURNING s.id::bigint, s.xmax = 0
        """;

    private const string MoveChangeTime = """
        UPDATE wb_sales s SET last_change_date = i.changed
        FROM unnest($2, $3) AS i (sale_id, changed)
        WHERE s.cabinet_id = $1 AND s.wb_sale_id = i.sale_id AND (s.last_change_date IS NULL OR s.last_change_date < i.changed)
        """;

    /// <summary>Writes a page; one round trip and one for the queue.</summary>
    public static async Task<ChangedRows> WriteAsync(PageTransaction page, IReadOnlyList<SaleAnswer> sales, CancellationToken ct)
    {
        var rows = LatestRows.Of(sales);
        if (rows.Count == 0)
        {
            return default;
        }

        await using var batch = page.Batch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Adopt)
        {
            Parameters = { new() { Value = page.CabinetId }, Column.Texts(rows, r => r.SaleId), Column.Texts(rows, r => r.Srid) },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Upsert)
        {
            Parameters =
            {
                new() { Value = page.CabinetId }, Column.Texts(rows, r => r.SaleId), Column.Texts(rows, r => r.Srid),
                Column.Texts(rows, r => r.Basket), Column.Longs(rows, r => r.NmId), Column.Texts(rows, r => r.Subject),
                Column.Texts(rows, r => r.Brand), Column.Texts(rows, r => r.Size), Column.Texts(rows, r => r.Barcode),
                Column.Numbers(rows, r => r.FinishedPrice), Column.Numbers(rows, r => r.TotalPrice),
                Column.Numbers(rows, r => r.PriceWithDiscount), Column.Numbers(rows, r => r.ForPay), Column.Numbers(rows, r => r.WalletDiscount),
                Column.Numbers(rows, r => r.Spp), Column.Numbers(rows, r => r.DiscountPercent), Column.Times(rows, r => r.Date),
                Column.Flags(rows, r => r.IsReturn), Column.Times(rows, r => r.LastChange),
            },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(MoveChangeTime)
        {
            Parameters = { new() { Value = page.CabinetId }, Column.Texts(rows, r => r.SaleId), Column.Times(rows, r => r.LastChange) },
        });
        return await ChangedRows.AnnounceAsync(batch, page, Entity.Sales, ct);
    }
}
