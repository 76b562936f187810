using Npgsql;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Sync;

namespace RagFunctions.Core.Marketplace.Statistics;

/// <summary>
/// Sales and returns by <c>saleID</c>. <c>sale_id</c> (the srid) and <c>order_id</c> (the sale id) keep what the original put there, for its
/// readers; <c>amount</c> is what the buyer paid, the list price has a column of its own. What an answer does not say stays as it is stored.
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

    private const string Store = """
        WITH i AS (
            SELECT sale_id AS wb_sale_id, srid, srid::varchar(100) AS sale_id, sale_id AS order_id, basket::varchar(100) AS g_number, nm_id,
                subject::varchar(500) AS product_name, brand::varchar(255) AS brand, size::varchar(50) AS size, barcode::varchar(100) AS barcode,
                finished, total, with_disc, for_pay, wallet, spp, discount, sale_date, CASE WHEN is_return THEN 'return' ELSE 'buyout' END AS type,
                'completed' AS status, changed, article::varchar(100) AS article, category::varchar(255) AS category, region::varchar(255) AS region,
                currency::varchar(3) AS currency
            FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23) AS sent (
                sale_id, srid, basket, nm_id, subject, brand, size, barcode, finished, total, with_disc, for_pay, wallet, spp, discount,
                sale_date, is_return, changed, article, category, region, currency)),
        updated AS (
            UPDATE wb_sales s SET (srid, sale_id, order_id, g_number, nm_id, article, product_name, brand, category, size, barcode, amount, total_price,
                price_with_disc, for_pay, wallet_discount, customer_price, spp_percent, discount_percent, currency, region, sale_date, type,
                status, last_change_date, updated_at)
                = (i.srid, i.sale_id, i.order_id, COALESCE(i.g_number, s.g_number), i.nm_id, COALESCE(i.article, s.article),
                COALESCE(i.product_name, s.product_name), COALESCE(i.brand, s.brand), COALESCE(i.category, s.category),
                COALESCE(i.size, s.size), COALESCE(i.barcode, s.barcode), COALESCE(i.finished, s.amount), COALESCE(i.total, s.total_price),
                COALESCE(i.with_disc, s.price_with_disc), COALESCE(i.for_pay, s.for_pay), COALESCE(i.wallet, s.wallet_discount),
                COALESCE(i.finished, s.customer_price), COALESCE(i.spp, s.spp_percent), COALESCE(i.discount, s.discount_percent),
                COALESCE(i.currency, s.currency), COALESCE(i.region, s.region), i.sale_date, i.type, i.status, i.changed, now())
            FROM i
            WHERE s.cabinet_id = $1 AND s.wb_sale_id = i.wb_sale_id AND (s.last_change_date IS NULL OR s.last_change_date <= i.changed)
                AND (s.srid, s.sale_id, s.order_id, s.g_number, s.nm_id, s.article, s.product_name, s.brand, s.category, s.size, s.barcode,
                    s.amount, s.total_price, s.price_with_disc, s.for_pay, s.wallet_discount, s.customer_price, s.spp_percent,
                    s.discount_percent, s.currency, s.region, s.sale_date, s.type, s.status)
                IS DISTINCT FROM (i.srid, i.sale_id, i.order_id, COALESCE(i.g_number, s.g_number), i.nm_id, COALESCE(i.article, s.article),
                    COALESCE(i.product_name, s.product_name), COALESCE(i.brand, s.brand), COALESCE(i.category, s.category),
                    COALESCE(i.size, s.size), COALESCE(i.barcode, s.barcode), COALESCE(i.finished, s.amount), COALESCE(i.total, s.total_price),
                    COALESCE(i.with_disc, s.price_with_disc), COALESCE(i.for_pay, s.for_pay), COALESCE(i.wallet, s.wallet_discount),
                    COALESCE(i.finished, s.customer_price), COALESCE(i.spp, s.spp_percent), COALESCE(i.discount, s.discount_percent),
                    COALESCE(i.currency, s.currency), COALESCE(i.region, s.region), i.sale_date, i.type, i.status)
            RETURNING s.id::bigint, false AS is_new),
        inserted AS (
            INSERT INTO wb_sales (
                cabinet_id, wb_sale_id, srid, sale_id, order_id, g_number, nm_id, product_name, brand, size, barcode, amount, total_price,
                price_with_disc, for_pay, wallet_discount, customer_price, spp_percent, discount_percent, sale_date, type, status,
                last_change_date, article, category, region, currency)
            SELECT $1, wb_sale_id, srid, sale_id, order_id, g_number, nm_id, product_name, brand, size, barcode, finished, total, with_disc,
                for_pay, wallet, finished, spp, discount, sale_date, type, status, changed, article, category, region, currency
            FROM i WHERE NOT EXISTS (SELECT FROM wb_sales known WHERE known.cabinet_id = $1 AND known.wb_sale_id = i.wb_sale_id)
            RETURNING id::bigint, true AS is_new)
        SELECT id, is_new FROM updated UNION ALL SELECT id, is_new FROM inserted
        """;

    private const string MoveChangeTime = """
        UPDATE wb_sales s SET last_change_date = i.changed
        FROM unnest($2, $3) AS i (sale_id, changed)
        WHERE s.cabinet_id = $1 AND s.wb_sale_id = i.sale_id AND (s.last_change_date IS NULL OR s.last_change_date < i.changed)
        """;

    /// <summary>Writes a page; one round trip and one for the queue.</summary>
    public static async Task<ChangedRows> WriteAsync(PageTransaction page, IReadOnlyList<SaleAnswer> sales, CancellationToken cancellationToken)
    {
        var rows = LatestRows.Of(sales);
        if (rows.Count == 0)
        {
            return default;
        }

        await using var batch = page.Batch();
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Adopt)
        {
            Parameters = { Parameter.Of(page.CabinetId), Column.Texts(rows, r => r.SaleId), Column.Texts(rows, r => r.Srid) },
        });
        PageTransaction.Prepare(batch, rows.Count);
        batch.BatchCommands.Add(new NpgsqlBatchCommand(Store)
        {
            Parameters =
            {
                Parameter.Of(page.CabinetId), Column.Texts(rows, r => r.SaleId), Column.Texts(rows, r => r.Srid),
                Column.Texts(rows, r => r.Basket), Column.Longs(rows, r => r.NmId), Column.Texts(rows, r => r.Subject),
                Column.Texts(rows, r => r.Brand), Column.Texts(rows, r => r.Size), Column.Texts(rows, r => r.Barcode),
                Column.Money(rows, r => r.FinishedPrice), Column.Money(rows, r => r.TotalPrice),
                Column.Money(rows, r => r.PriceWithDiscount), Column.Money(rows, r => r.ForPay), Column.Money(rows, r => r.WalletDiscount),
                Column.Percents(rows, r => r.Spp), Column.Percents(rows, r => r.DiscountPercent), Column.Times(rows, r => r.Date),
                Column.Flags(rows, r => r.IsReturn), Column.Times(rows, r => r.LastChange), Column.Texts(rows, r => r.SellerArticle),
                Column.Texts(rows, r => r.Category), Column.Texts(rows, r => r.Region), Column.Texts(rows, r => r.Currency),
            },
        });
        batch.BatchCommands.Add(new NpgsqlBatchCommand(MoveChangeTime)
        {
            Parameters = { Parameter.Of(page.CabinetId), Column.Texts(rows, r => r.SaleId), Column.Times(rows, r => r.LastChange) },
        });
        return await ChangedRows.AnnounceAsync(batch, page, Entity.Sales, cancellationToken);
    }
}
