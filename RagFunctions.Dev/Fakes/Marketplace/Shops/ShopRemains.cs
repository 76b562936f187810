namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

/// <summary>A real warehouse's line of the task report: one size, in pieces.</summary>
/// <param name="NmId">The article.</param>
/// <param name="Size">The size.</param>
/// <param name="Warehouse">The warehouses in Russia are one; one abroad remains.</param>
/// <param name="Quantity">Pieces; more than 0.</param>
public sealed record ShopRemains(long NmId, ShopSize Size, string Warehouse, int Quantity)
{
    /// <summary>What of a merged row lies abroad: a third of every fifth size.</summary>
    internal static int Abroad(ShopStock row) => row.Size.ChrtId % 5 == 3 ? row.Quantity / 3 : 0;

    /// <summary>The lines of one merged row.</summary>
    internal static IEnumerable<ShopRemains> Of(ShopStock row)
    {
        var abroad = Abroad(row);
        ShopRemains[] lines =
        [
            new(row.NmId, row.Size, ShopPlaces.MergedWarehouseInStatistics, row.Quantity - abroad),
            new(row.NmId, row.Size, ShopPlaces.AbroadWarehouse, abroad),
        ];
        return lines.Where(line => line.Quantity > 0);
    }
}
