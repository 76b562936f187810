using Microsoft.Extensions.Options;
using RagFunctions.Core.Marketplace.Client.Wire;
using RagFunctions.Core.Marketplace.Limits;

namespace RagFunctions.Core.Marketplace.Client;

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
    public async Task<CallResult<IReadOnlyList<OrderAnswer>>> OrdersAsync(MarketplaceAccess access, DateTimeOffset from, CancellationToken ct) =>
        (await SendAsync(access, MarketplaceMethod.Orders, "orders", from, ct)).Map<IReadOnlyList<OrderAnswer>>(rows => Each(rows, "orders", Order));

    /// <summary>Sales and returns changed at or after <paramref name="from"/>.</summary>
    public async Task<CallResult<IReadOnlyList<SaleAnswer>>> SalesAsync(MarketplaceAccess access, DateTimeOffset from, CancellationToken ct) =>
        (await SendAsync(access, MarketplaceMethod.Sales, "sales", from, ct)).Map<IReadOnlyList<SaleAnswer>>(rows => Each(rows, "sales", Sale));

    private Task<CallResult<List<StatisticsRow>>> SendAsync(
        MarketplaceAccess access, MarketplaceMethod method, string name, DateTimeOffset from, CancellationToken ct)
    {
        var address = new Uri(_host, $"/api/v1/supplier/{name}?dateFrom={Uri.EscapeDataString(MarketplaceTime.ToMoscow(from))}&flag=0");
        return _transport.SendAsync(new MarketplaceCall(access, method, address), MarketplaceJson.Default.ListStatisticsRow, [], ct);
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
