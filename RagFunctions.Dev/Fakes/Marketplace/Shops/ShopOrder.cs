namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

/// <summary>One ordered unit in one state. Money in roubles.</summary>
/// <param name="Srid">Its identity.</param>
/// <param name="GNumber">The basket, shared by up to three orders.</param>
/// <param name="At">When it was ordered.</param>
/// <param name="LastChange">When this state began.</param>
/// <param name="Warehouse">Where it is sent from.</param>
/// <param name="WarehouseType">The marketplace's or the seller's.</param>
/// <param name="District">The buyer's federal district.</param>
/// <param name="Region">The buyer's region.</param>
/// <param name="Product">The article as it was when ordered.</param>
/// <param name="Size">Its size.</param>
/// <param name="TotalPrice">List price.</param>
/// <param name="DiscountPercent">The seller's discount.</param>
/// <param name="Spp">The marketplace's discount in percent.</param>
/// <param name="PriceWithDisc">After the seller's discount.</param>
/// <param name="FinishedPrice">What the buyer pays.</param>
/// <param name="CancelledAt">When it was cancelled, or null.</param>
public sealed record ShopOrder(
    string Srid, string GNumber, DateTimeOffset At, DateTimeOffset LastChange, string Warehouse, string WarehouseType, string District,
    string Region, ShopProduct Product, ShopSize Size, int TotalPrice, int DiscountPercent, decimal Spp, decimal PriceWithDisc,
    decimal FinishedPrice, DateTimeOffset? CancelledAt) : IStatisticsRow
{
    /// <summary>True for goods in the seller's own warehouse.</summary>
    public bool IsFromSeller => WarehouseType == ShopPlaces.SellerWarehouseType;
}
