using Npgsql;
using RagFunctions.Core;
using RagFunctions.Core.Source;

namespace RagFunctions.Dev.Bench;

/// <summary>
/// Reads the rows that the engine indexes, with the columns its texts print, as a bare program would: one statement per table, a plain
/// join, the column types of the bench's own tables, no guard against what such columns cannot hold.
/// </summary>
internal static class BaselineReader
{
    private const string Products = """
        SELECT r.id, r.nm_id, r.name, r.vendor_code, r.brand, r.category, r.price, r.discount_price, r.rating, r.reviews_count::bigint
        FROM wb_products AS r
        WHERE r.cabinet_id = $1 AND r.is_active
        """;

    private const string Orders = """
        SELECT r.id, r.nm_id, p.name, r.order_id, r.article, r.name, r.brand, r.size, r.category, r.quantity::bigint, r.price, r.total_price,
               r.customer_price, r.discount_percent, r.spp_percent, r.warehouse_from, r.warehouse_to, r.order_date, r.status
        FROM wb_orders AS r LEFT JOIN wb_products AS p ON p.cabinet_id = r.cabinet_id AND p.nm_id = r.nm_id
        WHERE r.cabinet_id = $1 AND r.order_date > now() - interval '90 days'
        """;

    private const string Stocks = """
        SELECT r.id, r.nm_id, p.name, r.article, r.name, r.brand, r.category, r.size, r.warehouse_name, r.quantity::bigint,
               r.in_way_to_client::bigint, r.in_way_from_client::bigint
        FROM wb_stocks AS r LEFT JOIN wb_products AS p ON p.cabinet_id = r.cabinet_id AND p.nm_id = r.nm_id
        WHERE r.cabinet_id = $1 AND r.quantity > 0
        """;

    private const string Reviews = """
        SELECT r.id, r.nm_id, p.name, r.rating::bigint, r.created_date, r.text, r.pros, r.cons, r.is_answered, r.color, r.matching_size
        FROM wb_reviews AS r LEFT JOIN wb_products AS p ON p.cabinet_id = r.cabinet_id AND p.nm_id = r.nm_id
        WHERE r.cabinet_id = $1 AND r.created_date > now() - interval '90 days'
        """;

    private const string Sales = """
        SELECT r.id, r.nm_id, p.name, r.sale_id, r.order_id, r.g_number, r.product_name, r.brand, r.size, r.amount, r.customer_price,
               r.discount_percent, r.spp_percent, r.sale_date, r.type, r.status, r.is_cancel
        FROM wb_sales AS r LEFT JOIN wb_products AS p ON p.cabinet_id = r.cabinet_id AND p.nm_id = r.nm_id
        WHERE r.cabinet_id = $1 AND r.sale_date > now() - interval '90 days'
        """;

    /// <summary>The rows of one table, streamed.</summary>
    /// <param name="source">An open connection; busy until the end.</param>
    /// <param name="entity">Whose table.</param>
    /// <param name="ids">The rows wanted; null = all.</param>
    public static async IAsyncEnumerable<SourceRow> ReadAsync(
        NpgsqlConnection source, Entity entity, long cabinetId, long[]? ids,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var sql = entity switch
        {
            Entity.Products => Products,
            Entity.Orders => Orders,
            Entity.Stocks => Stocks,
            Entity.Reviews => Reviews,
            _ => Sales,
        };
        await using var command = new NpgsqlCommand(ids is null ? sql : sql + " AND r.id = ANY ($2)", source);
        command.Parameters.Add(new() { Value = cabinetId });
        if (ids is not null)
        {
            command.Parameters.Add(new() { Value = ids });
        }

        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            yield return Row(entity, reader);
        }
    }

    private static SourceRow Row(Entity entity, NpgsqlDataReader row)
    {
        var (id, nmId) = (row.GetInt64(0), row.GetInt64(1));
        return entity switch
        {
            Entity.Products => new ProductRow(
                id, nmId, Text(2), Text(3), Text(4), Text(5), Amount(6), Amount(7), Amount(8), Number(9)),
            Entity.Orders => new OrderRow(
                id, nmId, Text(2), Text(3), Text(4), Text(5), Text(6), Text(7), Text(8), Number(9), Amount(10), Amount(11), Amount(12), Amount(13),
                Amount(14), Text(15), Text(16), Instant(17), Text(18)),
            Entity.Stocks => new StockRow(
                id, nmId, Text(2), Text(3), Text(4), Text(5), Text(6), Text(7), Text(8), Number(9), Number(10), Number(11)),
            Entity.Reviews => new ReviewRow(
                id, nmId, Text(2), Number(3), Instant(4), Text(5), Text(6), Text(7), Flag(8), Text(9), Text(10)),
            _ => new SaleRow(
                id, nmId, Text(2), Text(3), Text(4), Text(5), Text(6), Text(7), Text(8), Amount(9), Amount(10), Amount(11), Amount(12), Instant(13),
                Text(14), Text(15), Flag(16)),
        };

        string? Text(int i) => row.IsDBNull(i) ? null : row.GetString(i);
        long? Number(int i) => row.IsDBNull(i) ? null : row.GetInt64(i);
        decimal? Amount(int i) => row.IsDBNull(i) ? null : row.GetDecimal(i);
        bool? Flag(int i) => row.IsDBNull(i) ? null : row.GetBoolean(i);
        DateTimeOffset? Instant(int i) => row.IsDBNull(i) ? null : row.GetFieldValue<DateTimeOffset>(i);
    }
}
