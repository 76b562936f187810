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
    public async Task<CallResult<AnswerPage<OrderAnswer>>> OrdersAsync(MarketplaceAccess access, DateTimeOffset from, CancellationToken cancellationToken) =>
        (await _transport.SendAsync(Call(access, MarketplaceMethod.Orders, "orders", from), StatisticsJsonContext.Default.ListAnswerRowOrderAnswer, [], cancellationToken))
            .Map(rows => AnswerPage<OrderAnswer>.Of(rows, "orders"));

    /// <summary>Sales and returns changed at or after <paramref name="from"/>.</summary>
    public async Task<CallResult<AnswerPage<SaleAnswer>>> SalesAsync(MarketplaceAccess access, DateTimeOffset from, CancellationToken cancellationToken) =>
        (await _transport.SendAsync(Call(access, MarketplaceMethod.Sales, "sales", from), StatisticsJsonContext.Default.ListAnswerRowSaleAnswer, [], cancellationToken))
            .Map(rows => AnswerPage<SaleAnswer>.Of(rows, "sales"));

    private MarketplaceCall Call(MarketplaceAccess access, MarketplaceMethod method, string name, DateTimeOffset from) =>
        new(access, method, new Uri(_host, $"/api/v1/supplier/{name}?dateFrom={Uri.EscapeDataString(MarketplaceTime.ToMoscow(from))}&flag=0"));
}

/// <summary>One ordered unit. Money in roubles, times in UTC.</summary>
/// <remarks>
/// <c>Srid</c>: The order's identity.
/// <c>Basket</c>: The transaction (<c>gNumber</c>), shared by all its orders.
/// <c>FinishedPrice</c>: What the buyer pays.
/// <c>PriceWithDiscount</c>: After the seller's discount.
/// <c>TotalPrice</c>: List price.
/// <c>Spp</c>: The marketplace's own discount in percent.
/// <c>Currency</c>: ISO 4217; null = not said, roubles.
/// </remarks>
public sealed record OrderAnswer(
    string Srid, string? Basket, long NmId, DateTimeOffset Date, DateTimeOffset LastChange, string? SellerArticle, string? Brand, string? Size,
    string? Barcode, string? Category, string? Subject, string? Warehouse, string? WarehouseType, string? Region, decimal? TotalPrice,
    decimal? PriceWithDiscount, decimal? FinishedPrice, decimal? Spp, decimal? DiscountPercent, string? Currency, bool IsCancelled,
    DateTimeOffset? CancelledAt) : IStatisticsAnswer
{
    /// <summary>The length of the columns that hold it; those of LIVE have up to 40 characters.</summary>
    internal const int LongestSrid = 200;

    /// <inheritdoc />
    public string Key => Srid;

    /// <inheritdoc />
    public long? Article => NmId;

    /// <summary>Checks a row.</summary>
    internal static OrderAnswer Of(StatisticsRow row) => new(
        Field.Required(row.Srid, "srid", LongestSrid), row.GNumber, Field.Required(row.NmId, "nmId"), Field.RequiredTime(row.Date, "date"),
        Field.RequiredTime(row.LastChangeDate, "lastChangeDate"), row.SupplierArticle, row.Brand, row.TechSize, row.Barcode, row.Category,
        row.Subject, row.WarehouseName, row.WarehouseType, row.RegionName, row.TotalPrice, row.PriceWithDisc, row.FinishedPrice, row.Spp,
        row.DiscountPercent, row.CurrencyIsoCode4217, Field.Required(row.IsCancel, "isCancel"), Field.Time(row.CancelDate, "cancelDate"));
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
    decimal? WalletDiscount, decimal? Spp, decimal? DiscountPercent, string? Currency, string? SellerArticle, string? Category,
    string? Region) : IStatisticsAnswer
{
    private const int LongestSaleId = 50;

    /// <inheritdoc />
    public string Key => SaleId;

    /// <inheritdoc />
    public long? Article => NmId;

    /// <summary>Checks a row.</summary>
    internal static SaleAnswer Of(StatisticsRow row)
    {
        var saleId = Field.Required(row.SaleId, "saleID", LongestSaleId);
        var isReturn = saleId[0] switch
        {
            'S' => false,
            'R' => true,
            _ => throw new MarketplaceFormatException("saleID", "begins with neither S nor R"),
        };
        return new SaleAnswer(
            saleId, Field.Required(row.Srid, "srid", OrderAnswer.LongestSrid), isReturn, row.GNumber, Field.Required(row.NmId, "nmId"),
            Field.RequiredTime(row.Date, "date"), Field.RequiredTime(row.LastChangeDate, "lastChangeDate"), row.Subject, row.Brand, row.TechSize,
            row.Barcode, row.TotalPrice, row.PriceWithDisc, row.FinishedPrice, row.ForPay, row.PaymentSaleAmount, row.Spp, row.DiscountPercent,
            row.CurrencyIsoCode4217, row.SupplierArticle, row.Category, row.RegionName);
    }
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
    public string? CurrencyIsoCode4217 { get; set; }

    [JsonPropertyName("saleID")]
    public string? SaleId { get; set; }
}

/// <summary>Reads an order by itself.</summary>
internal sealed class OrderRowConverter() : AnswerRowConverter<StatisticsRow, OrderAnswer>(["srid"], row => [OrderAnswer.Of(row)]);

/// <summary>Reads a sale by itself.</summary>
internal sealed class SaleRowConverter() : AnswerRowConverter<StatisticsRow, SaleAnswer>(["saleID"], row => [SaleAnswer.Of(row)]);

/// <summary>Reads and writes without reflection. Unknown fields are ignored, names are exact.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.General,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    Converters = [typeof(CleanTextConverter), typeof(OrderRowConverter), typeof(SaleRowConverter)])]
[JsonSerializable(typeof(StatisticsRow))]
[JsonSerializable(typeof(List<AnswerRow<OrderAnswer>>))]
[JsonSerializable(typeof(List<AnswerRow<SaleAnswer>>))]
internal sealed partial class StatisticsJsonContext : JsonSerializerContext;
