using System.Globalization;
using Npgsql;
using RagFunctions.Dev.Fakes.Marketplace.Shops;

namespace RagFunctions.Tests.Marketplace.Sync;

/// <summary>Compares the source tables of a cabinet with the shop they were read from, row by row.</summary>
/// <param name="shop">The shop.</param>
/// <param name="isBasic">Read with a basic token: stock by task report, without the seller's warehouses.</param>
internal sealed class ShopTruth(Shop shop, bool isBasic)
{
    private const string Orders = """
        SELECT srid, order_id, price, status, last_change_date FROM wb_orders WHERE cabinet_id = $1 AND order_date > $2
        """;

    private const string Sales = """
        SELECT wb_sale_id, srid, type, amount, for_pay, last_change_date FROM wb_sales WHERE cabinet_id = $1 AND sale_date > $2
        """;

    private const string Stocks = """
        SELECT chrt_id, size, warehouse_id, warehouse_name, quantity, in_way_to_client, in_way_from_client FROM wb_stocks
        WHERE cabinet_id = $1 AND quantity + in_way_to_client + in_way_from_client > 0
        """;

    private const string Reviews = """
        SELECT review_id, nm_id, rating, is_answered, replace(text, chr(10), ' ') FROM wb_reviews WHERE cabinet_id = $1 AND created_date > $2
        """;

    private const string Products = """
        SELECT nm_id, CASE WHEN is_active THEN name END, is_active, CASE WHEN is_active THEN price END, CASE WHEN is_active THEN discount_price END FROM wb_products
        WHERE cabinet_id = $1
        """;

    private const string Ratings = "SELECT nm_id, reviews_count, rating FROM wb_products WHERE cabinet_id = $1 AND reviews_count > 0";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The tables equal the shop.</summary>
    /// <param name="main">The database.</param>
    /// <param name="cabinet">Whose rows.</param>
    /// <param name="retainedFrom">Orders, sales and reviews are compared from here on; null = the whole life of the shop, and the ratings too.</param>
    public async Task AssertAsync(NpgsqlDataSource main, long cabinet, DateTimeOffset? retainedFrom = null)
    {
        var from = retainedFrom ?? DateTimeOffset.UnixEpoch;
        Assert.Equal(OrderRows(from), await RowsAsync(main, Orders, cabinet, from));
        Assert.Equal(SaleRows(from), await RowsAsync(main, Sales, cabinet, from));
        Assert.Equal(StockRows(), await RowsAsync(main, Stocks, cabinet));
        Assert.Equal(ReviewRows(from), await RowsAsync(main, Reviews, cabinet, from));
        Assert.Equal(ProductRows(), await RowsAsync(main, Products, cabinet));
        if (retainedFrom is null)
        {
            Assert.Equal(RatingRows(), await RowsAsync(main, Ratings, cabinet));
        }
    }

    /// <summary>The stock that the tables should hold now.</summary>
    public string[] StockRows() => isBasic
        ? Lines(shop.Remains.Select(line => (object?[])[line.Size.ChrtId, line.Size.TechSize, null, line.Warehouse, line.Quantity, line.InWayToClient, line.InWayFromClient]))
        : Lines(shop.WarehouseStocks.Concat(shop.SellerStocks)
            .Where(stock => stock.Quantity + stock.InWayToClient + stock.InWayFromClient > 0)
            .Select(stock => (object?[])
            [
                stock.Size.ChrtId, stock.Size.TechSize, stock.WarehouseId, stock.Warehouse, stock.Quantity, stock.InWayToClient, stock.InWayFromClient,
            ]));

    /// <summary>The stock that the tables hold now.</summary>
    public static Task<string[]> StoredStockAsync(NpgsqlDataSource main, long cabinet) => RowsAsync(main, Stocks, cabinet);

    private string[] OrderRows(DateTimeOffset from) => Lines(shop.Orders.Where(order => order.At > from).Select(order =>
        (object?[])[order.Srid, order.GNumber, order.FinishedPrice, order.CancelledAt is null ? "active" : "canceled", order.LastChange]));

    private string[] SaleRows(DateTimeOffset from) => Lines(shop.Sales.Where(sale => sale.At > from).Select(sale =>
        (object?[])[sale.SaleId, sale.Srid, sale.IsReturn ? "return" : "buyout", sale.FinishedPrice, sale.ForPay, sale.LastChange]));

    private string[] ReviewRows(DateTimeOffset from) => Lines(shop.Reviews.Where(review => review.CreatedAt > from).Select(review => (object?[])
    [
        review.Id, review.Product.NmId, review.Rating, review.AnsweredAt is not null,
        review.Text.Replace("\0", "", StringComparison.Ordinal).Replace('\n', ' '),
    ]));

    private string[] ProductRows() => Lines(shop.Products.Select(product =>
    {
        var cheapest = product.Sizes.MinBy(product.DiscountedPriceOf)!;
        var isActive = product.TrashedAt is null;
        return (object?[])
        [
            // The trash tells no titles.
            product.NmId, isActive ? product.Title : null, isActive, isActive ? product.PriceOf(cheapest) : null, isActive ? product.DiscountedPriceOf(cheapest) : null,
        ];
    }));

    private string[] RatingRows() => Lines(shop.Reviews.GroupBy(review => review.Product.NmId).Select(reviews => (object?[])
    [
        reviews.Key, reviews.Count(), Math.Round(reviews.Average(review => (decimal)review.Rating), 1, MidpointRounding.AwayFromZero),
    ]));

    private static async Task<string[]> RowsAsync(NpgsqlDataSource main, string sql, long cabinet, DateTimeOffset? since = null)
    {
        await using var command = main.CreateCommand(sql);
        command.Parameters.AddWithValue(cabinet);
        if (since is { } instant)
        {
            command.Parameters.AddWithValue(instant.ToUniversalTime());
        }

        await using var reader = await command.ExecuteReaderAsync(Ct);
        List<object?[]> rows = [];
        while (await reader.ReadAsync(Ct))
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i))]);
        }

        return Lines(rows);
    }

    private static string[] Lines(IEnumerable<object?[]> rows) =>
        [.. rows.Select(row => string.Join('|', row.Select(Show))).Order(StringComparer.Ordinal)];

    private static string Show(object? value) => value switch
    {
        null => "-",
        DateTimeOffset time => time.UtcDateTime.ToString("s", CultureInfo.InvariantCulture),
        DateTime time => time.ToString("s", CultureInfo.InvariantCulture),
        decimal number => number.ToString("0.##", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
