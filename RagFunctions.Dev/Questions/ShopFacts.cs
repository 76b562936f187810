using RagFunctions.Core.Databases;
using RagFunctions.Core.Search;
using RagFunctions.Dev.Fakes.Marketplace.Shops;

namespace RagFunctions.Dev.Questions;

/// <summary>What the shop's generator knows of the rows that the index ought to hold, and which row of the tables each of them is.</summary>
internal sealed class ShopFacts
{
    private const string ReadRows = """
        SELECT 'products' AS kind, nm_id::text AS key, id::bigint AS id FROM wb_products WHERE cabinet_id = $1
        UNION ALL SELECT 'orders', srid::text, id::bigint FROM wb_orders WHERE cabinet_id = $1
        UNION ALL SELECT 'sales', wb_sale_id::text, id::bigint FROM wb_sales WHERE cabinet_id = $1
        UNION ALL SELECT 'reviews', review_id::text, id::bigint FROM wb_reviews WHERE cabinet_id = $1
        UNION ALL SELECT 'stocks', chrt_id::text || ' ' || warehouse_name, id::bigint FROM wb_stocks WHERE cabinet_id = $1
        """;

    private static readonly TimeSpan Moscow = TimeSpan.FromHours(3);

    private readonly Dictionary<(string Kind, string Key), long> _rows;
    private readonly Dictionary<long, ShopProduct> _products;

    private ShopFacts(Shop shop, Dictionary<(string Kind, string Key), long> rows)
    {
        _rows = rows;
        _products = shop.Products.ToDictionary(product => product.NmId);
        Products = [.. shop.Products.Where(IsOnSale)];
        Orders = [.. shop.Orders.Where(order => IsOnSale(Now(order.Product))).OrderBy(order => order.At).ThenBy(order => order.Srid, StringComparer.Ordinal)];
        Sales = [.. shop.Sales.Where(sale => IsOnSale(Now(sale.Order.Product))).OrderBy(sale => sale.At).ThenBy(sale => sale.SaleId, StringComparer.Ordinal)];
        Reviews = [.. shop.Reviews.Where(review => IsOnSale(Now(review.Product)))];
        Stocks = [.. shop.WarehouseStocks.Concat(shop.SellerStocks).Where(stock => IsOnSale(_products[stock.NmId]))];
    }

    /// <summary>The cards on sale. What follows is about these alone: cards in the trash have no titles any more.</summary>
    public IReadOnlyList<ShopProduct> Products { get; }

    /// <summary>Orders.</summary>
    public IReadOnlyList<ShopOrder> Orders { get; }

    /// <summary>Buyouts and returns.</summary>
    public IReadOnlyList<ShopSale> Sales { get; }

    /// <summary>Reviews.</summary>
    public IReadOnlyList<ShopReview> Reviews { get; }

    /// <summary>What lies where.</summary>
    public IReadOnlyList<ShopStock> Stocks { get; }

    /// <summary>Reads which row is which.</summary>
    public static async Task<ShopFacts> ReadAsync(QuestionShop shop, CancellationToken cancellationToken)
    {
        await using var command = shop.Main.Source.CreateCommand(ReadRows);
        command.Parameters.Add(Parameter.Of(shop.CabinetId));
        var rows = new Dictionary<(string, string), long>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add((reader.GetString(0), reader.GetString(1)), reader.GetInt64(2));
        }

        return new ShopFacts(shop.Shop, rows);
    }

    /// <summary>A card as it is now, which is what every text prints: rows hold it as it was.</summary>
    public ShopProduct Now(ShopProduct product) => _products[product.NmId];

    /// <summary>The card of a stock row.</summary>
    public ShopProduct Of(ShopStock stock) => _products[stock.NmId];

    /// <summary>The day on which sellers and texts see an instant.</summary>
    public static DateTime Day(DateTimeOffset instant) => instant.ToOffset(Moscow).Date;

    public KnownRow Row(ShopProduct product) => Row("products", $"{product.NmId}");

    public KnownRow Row(ShopOrder order) => Row("orders", order.Srid);

    public KnownRow Row(ShopSale sale) => Row("sales", sale.SaleId);

    public KnownRow Row(ShopReview review) => Row("reviews", review.Id);

    public KnownRow Row(ShopStock stock) => Row("stocks", $"{stock.Size.ChrtId} {stock.Warehouse}");

    private static bool IsOnSale(ShopProduct product) => product.TrashedAt is null;

    private KnownRow Row(string kind, string key) => new(kind, _rows[(kind, key)]);
}
