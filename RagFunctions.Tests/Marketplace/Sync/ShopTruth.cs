using System.Globalization;
using Npgsql;
using RagFunctions.Fakes.Marketplace.Shops;

namespace RagFunctions.Tests.Marketplace.Sync;

/// <summary>Compares the source tables of a cabinet with the shop they were read from, row by row.</summary>
/// <param name="shop">The shop.</param>
/// <param name="loadedFrom">The beginning of the first load: what changed last before it was never asked for.</param>
/// <param name="isBasic">Read with a basic token: stock by task report, without goods on the road and without the seller's warehouses.</param>
internal sealed class ShopTruth(Shop shop, DateTimeOffset loadedFrom, bool isBasic = false)
{
    private const string Orders = "SELECT srid, order_id, price, status, last_change_date FROM wb_orders WHERE cabinet_id = $1";

    private const string Sales = "SELECT wb_sale_id, srid, type, amount, for_pay, last_change_date FROM wb_sales WHERE cabinet_id = $1";

    private const string Stocks = """
        SELECT chrt_id, size, warehouse_id, warehouse_name, quantity, in_way_to_client, in_way_from_client FROM wb_stocks
        WHERE cabinet_id = $1 AND quantity + in_way_to_client + in_way_from_client > 0
        """;

    private const string Reviews = """
        SELECT review_id, nm_id, rating, CASE WHEN created_date >= $2 THEN is_answered END, replace(text, chr(10), ' ')
        FROM wb_reviews WHERE cabinet_id = $1
        """;

    private const string Products = """
        SELECT nm_id, name, is_active, CASE WHEN is_active THEN price END, CASE WHEN is_active THEN discount_price END, reviews_count, rating
        FROM wb_products WHERE cabinet_id = $1
        """;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>The tables equal the shop.</summary>
    /// <param name="main">The database.</param>
    /// <param name="cabinet">Whose rows.</param>
    /// <param name="windowFrom">An answer to a review written before this instant may not have been seen: the window has moved on.</param>
    public async Task AssertAsync(NpgsqlDataSource main, long cabinet, DateTimeOffset windowFrom)
    {
        Assert.Equal(OrderRows(), await RowsAsync(main, Orders, cabinet));
        Assert.Equal(SaleRows(), await RowsAsync(main, Sales, cabinet));
        Assert.Equal(StockRows(), await RowsAsync(main, Stocks, cabinet));
        Assert.Equal(ReviewRows(windowFrom), await RowsAsync(main, Reviews, cabinet, windowFrom));
        Assert.Equal(ProductRows(), await RowsAsync(main, Products, cabinet));
    }

    /// <summary>The stock that the tables should hold now.</summary>
    public string[] StockRows() => isBasic
        ? Lines(shop.Remains.Select(line => (object?[])[line.Size.ChrtId, line.Size.TechSize, null, line.Warehouse, line.Quantity, 0, 0]))
        : Lines(shop.WarehouseStocks.Concat(shop.SellerStocks)
            .Where(stock => stock.Quantity + stock.InWayToClient + stock.InWayFromClient > 0)
            .Select(stock => (object?[])
            [
                stock.Size.ChrtId, stock.Size.TechSize, stock.WarehouseId, stock.Warehouse, stock.Quantity, stock.InWayToClient, stock.InWayFromClient,
            ]));

    /// <summary>The stock that the tables hold now.</summary>
    public static Task<string[]> StoredStockAsync(NpgsqlDataSource main, long cabinet) => RowsAsync(main, Stocks, cabinet);

    private string[] OrderRows() => Lines(shop.Orders.Where(order => order.LastChange >= loadedFrom).Select(order =>
        (object?[])[order.Srid, order.GNumber, order.FinishedPrice, order.CancelledAt is null ? "active" : "canceled", order.LastChange]));

    private string[] SaleRows() => Lines(shop.Sales.Where(sale => sale.LastChange >= loadedFrom).Select(sale =>
        (object?[])[sale.SaleId, sale.Srid, sale.IsReturn ? "return" : "buyout", sale.FinishedPrice, sale.ForPay, sale.LastChange]));

    private IEnumerable<ShopReview> LoadedReviews() => shop.Reviews.Where(review => review.CreatedAt.ToUnixTimeSeconds() >= loadedFrom.ToUnixTimeSeconds());

    private string[] ReviewRows(DateTimeOffset windowFrom) => Lines(LoadedReviews().Select(review => (object?[])
    [
        review.Id, review.Product.NmId, review.Rating, review.CreatedAt >= windowFrom ? review.AnsweredAt is not null : null,
        review.Text.Replace("\0", "", StringComparison.Ordinal).Replace('\n', ' '),
    ]));

    private string[] ProductRows()
    {
        var ratings = LoadedReviews().GroupBy(review => review.Product.NmId).ToDictionary(
            group => group.Key, group => (Count: group.Count(), Mean: Math.Round(group.Average(review => (decimal)review.Rating), 1, MidpointRounding.AwayFromZero)));
        return Lines(shop.Products.Select(product =>
        {
            var cheapest = product.Sizes.MinBy(product.DiscountedPriceOf)!;
            var isActive = product.TrashedAt is null;
            var isRated = ratings.TryGetValue(product.NmId, out var rated);
            return (object?[])
            [
                product.NmId, product.Title, isActive, isActive ? product.PriceOf(cheapest) : null,
                isActive ? product.DiscountedPriceOf(cheapest) : null, isRated ? rated.Count : null, isRated ? rated.Mean : null,
            ];
        }));
    }

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
