using RagFunctions.Dev.Fakes.Marketplace.Shops;

namespace RagFunctions.Dev.Fakes.Marketplace.Answers;

/// <summary>A row of the task report; a column that it does not group by is null.</summary>
internal sealed record RemainsReportRow(
    string? Brand, string? Subject, string? VendorCode, long? NmId, string? Barcode, string? TechSize, IReadOnlyList<(string Name, int Quantity)> Warehouses)
{
    /// <summary>Groups stock by what was asked for.</summary>
    public static List<RemainsReportRow> Of(
        IReadOnlyList<ShopStock> stocks, IReadOnlyDictionary<long, ShopProduct> products, RemainsTasks.Groups groups) =>
    [
        .. from stock in stocks
           let product = products[stock.NmId]
           group stock by new
           {
               Brand = groups.Brand ? product.Brand : null,
               Subject = groups.Subject ? product.Kind.Subject : null,
               VendorCode = groups.Sa ? product.VendorCode : null,
               NmId = groups.Nm ? stock.NmId : (long?)null,
               Barcode = groups.Barcode ? stock.Size.Barcode : null,
               TechSize = groups.Size ? stock.Size.TechSize : null,
           }
           into rows
           select new RemainsReportRow(
               rows.Key.Brand, rows.Key.Subject, rows.Key.VendorCode, rows.Key.NmId, rows.Key.Barcode, rows.Key.TechSize, Lines([.. rows])),
    ];

    // The lines of sums and of goods on the road stand among the warehouses, as in the real report; a line of nothing is left out.
    private static List<(string Name, int Quantity)> Lines(List<ShopStock> rows)
    {
        var abroad = rows.Sum(ShopRemains.Abroad);
        List<(string Name, int Quantity)> lines =
        [
            ("В пути до получателей", rows.Sum(row => row.InWayToClient)),
            ("В пути возвраты на склад WB", rows.Sum(row => row.InWayFromClient)),
            ("Всего находится на складах", rows.Sum(row => row.Quantity)),
            (ShopPlaces.MergedWarehouseInStatistics, rows.Sum(row => row.Quantity) - abroad),
            (ShopPlaces.AbroadWarehouse, abroad),
        ];
        return [.. lines.Where(line => line.Quantity > 0)];
    }
}
