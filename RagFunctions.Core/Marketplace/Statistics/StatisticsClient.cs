using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Marketplace.Client;
using RagFunctions.Core.Marketplace.Limits;

namespace RagFunctions.Core.Marketplace.Statistics;

/// <summary>Orders, sales and returns: rows changed since an instant (inclusive), ascending, cut at about 80,000.</summary>
public sealed class StatisticsClient
{
    private readonly MarketplaceTransport _transport;
    private readonly Uri _host;

    internal StatisticsClient(MarketplaceTransport transport, IOptions<MarketplaceOptions> options)
    {
        _transport = transport;
        _host = new Uri(options.Value.StatisticsUrl);
    }

    /// <summary>Orders changed at or after <paramref name="from"/>.</summary>
    public async Task<CallResult<IReadOnlyList<OrderAnswer>>> OrdersAsync(MarketplaceAccess access, DateTimeOffset from, CancellationToken cancellationToken) =>
        (await SendAsync(access, MarketplaceMethod.Orders, "orders", from, cancellationToken)).Map<IReadOnlyList<OrderAnswer>>(rows => Each(rows, "orders", Order));

    /// <summary>Sales and returns changed at or after <paramref name="from"/>.</summary>
    public async Task<CallResult<IReadOnlyList<SaleAnswer>>> SalesAsync(MarketplaceAccess access, DateTimeOffset from, CancellationToken cancellationToken) =>
        (await SendAsync(access, MarketplaceMethod.Sales, "sales", from, cancellationToken)).Map<IReadOnlyList<SaleAnswer>>(rows => Each(rows, "sales", Sale));

    private Task<CallResult<List<StatisticsRow>>> SendAsync(
        MarketplaceAccess access, MarketplaceMethod method, string name, DateTimeOffset from, CancellationToken cancellationToken)
    {
        var address = new Uri(_host, $"/api/v1/supplier/{name}?dateFrom={Uri.EscapeDataString(MarketplaceTime.ToMoscow(from))}&flag=0");
        return _transport.SendAsync(new MarketplaceCall(access, method, address), StatisticsJsonContext.Default.ListStatisticsRow, [], cancellationToken);
    }

    private static List<T> Each<T>(List<StatisticsRow> rows, string list, Func<StatisticsRow, Field, T> map)
    {
        var result = new List<T>(rows.Count);
        for (var i = 0; i < rows.Count; i++)
        {
            var field = new Field(list, i);
            result.Add(map(field.Present(rows[i]), field));
        }

        return result;
    }

    private static OrderAnswer Order(StatisticsRow row, Field field) => new(
        field.Required(row.Srid, "srid"), row.GNumber, field.Required(row.NmId, "nmId"), field.RequiredTime(row.Date, "date"),
        field.RequiredTime(row.LastChangeDate, "lastChangeDate"), row.SupplierArticle, row.Brand, row.TechSize, row.Barcode, row.Category,
        row.Subject, row.WarehouseName, row.WarehouseType, row.RegionName, row.TotalPrice, row.PriceWithDisc, row.FinishedPrice, row.Spp,
        row.DiscountPercent, field.Required(row.IsCancel, "isCancel"), field.Time(row.CancelDate, "cancelDate"));

    private static SaleAnswer Sale(StatisticsRow row, Field field)
    {
        var saleId = field.Required(row.SaleId, "saleID");
        var isReturn = saleId[0] switch
        {
            'S' => false,
            'R' => true,
            _ => throw new MarketplaceFormatException($"{field.List}[{field.Row}].saleID", "begins with neither S nor R"),
        };
        return new SaleAnswer(
            saleId, field.Required(row.Srid, "srid"), isReturn, row.GNumber, field.Required(row.NmId, "nmId"),
            field.RequiredTime(row.Date, "date"), field.RequiredTime(row.LastChangeDate, "lastChangeDate"), row.Subject, row.Brand, row.TechSize,
            row.Barcode, row.TotalPrice, row.PriceWithDisc, row.FinishedPrice, row.ForPay, row.PaymentSaleAmount, row.Spp, row.DiscountPercent);
    }
}

/// <summary>One ordered unit. Money in roubles, times in UTC.</summary>
/// <remarks>
/// <c>Srid</c>: The order's identity.
/// <c>Basket</c>: The transaction (<c>gNumber</c>), shared by all its orders.
/// <c>FinishedPrice</c>: What the buyer pays.
/// <c>PriceWithDiscount</c>: After the seller's discount.
/// <c>TotalPrice</c>: List price.
/// <c>Spp</c>: The marketplace's own discount in percent.
/// </remarks>
public sealed record OrderAnswer(
    string Srid, string? Basket, long NmId, DateTimeOffset Date, DateTimeOffset LastChange, string? Article, string? Brand, string? Size,
    string? Barcode, string? Category, string? Subject, string? Warehouse, string? WarehouseType, string? Region, decimal? TotalPrice,
    decimal? PriceWithDiscount, decimal? FinishedPrice, decimal? Spp, decimal? DiscountPercent, bool IsCancelled, DateTimeOffset? CancelledAt)
    : IStatisticsAnswer
{
    /// <inheritdoc />
    public string Key => Srid;
}

/// <summary>A buyout or a return. Money in roubles as answered (0 until the marketplace fills it), times in UTC.</summary>
/// <remarks>
/// <c>SaleId</c>: The row's identity; its first letter says what it is.
/// <c>Srid</c>: The order; a return carries its order's.
/// <c>IsReturn</c>: True when <c>SaleId</c> begins with R.
/// <c>ForPay</c>: Payout to the seller.
/// <c>WalletDiscount</c>: In roubles.
/// </remarks>
public sealed record SaleAnswer(
    string SaleId, string Srid, bool IsReturn, string? Basket, long NmId, DateTimeOffset Date, DateTimeOffset LastChange, string? Subject,
    string? Brand, string? Size, string? Barcode, decimal? TotalPrice, decimal? PriceWithDiscount, decimal? FinishedPrice, decimal? ForPay,
    decimal? WalletDiscount, decimal? Spp, decimal? DiscountPercent) : IStatisticsAnswer
{
    /// <inheritdoc />
    public string Key => SaleId;
}

/// <summary>A row of orders, sales or returns as it travels; everything may be missing until checked.</summary>
internal sealed class StatisticsRow
{
    public string? Date { get; set; }
    public string? LastChangeDate { get; set; }
    public string? WarehouseName { get; set; }
    public string? WarehouseType { get; set; }
    public string? RegionName { get; set; }
    public string? SupplierArticle { get; set; }
    public long? NmId { get; set; }
    public string? Barcode { get; set; }
    public string? Category { get; set; }
    public string? Subject { get; set; }
    public string? Brand { get; set; }
    public string? TechSize { get; set; }
    public decimal? TotalPrice { get; set; }
    public decimal? DiscountPercent { get; set; }
    public decimal? Spp { get; set; }
    public decimal? FinishedPrice { get; set; }
    public decimal? PriceWithDisc { get; set; }
    public bool? IsCancel { get; set; }
    public string? CancelDate { get; set; }
    public string? GNumber { get; set; }
    public string? Srid { get; set; }
    public decimal? ForPay { get; set; }
    public decimal? PaymentSaleAmount { get; set; }

    [System.Text.Json.Serialization.JsonPropertyName("saleID")]
    public string? SaleId { get; set; }
}

/// <summary>Reads and writes without reflection. Unknown fields are ignored, names are exact.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.General,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    Converters = [typeof(CleanTextConverter)])]
[JsonSerializable(typeof(List<StatisticsRow>))]
internal sealed partial class StatisticsJsonContext : JsonSerializerContext;
