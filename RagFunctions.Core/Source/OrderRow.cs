namespace RagFunctions.Core.Source;

/// <summary>An ordered item, <c>wb_orders</c>.</summary>
/// <param name="Id">Primary key.</param>
/// <param name="NmId">Article number.</param>
/// <param name="CatalogueName">Name of the article's card, active or not; null without a card.</param>
/// <param name="OrderNumber">Number of the order at the marketplace.</param>
/// <param name="Article">The seller's own article.</param>
/// <param name="Name">The row's own name; the marketplace sends only a category word.</param>
/// <param name="Brand">Brand.</param>
/// <param name="Size">Size.</param>
/// <param name="Category">Category word.</param>
/// <param name="Quantity">Pieces.</param>
/// <param name="Price">Paid by the buyer (<c>finishedPrice</c>), roubles; 0 while the marketplace does not know it.</param>
/// <param name="TotalPrice">List price before discounts (<c>totalPrice</c>), roubles.</param>
/// <param name="CustomerPrice">Paid by the buyer, a second column of the same meaning.</param>
/// <param name="DiscountPercent">The seller's discount, percent.</param>
/// <param name="SppPercent">The marketplace's own discount (SPP), percent.</param>
/// <param name="WarehouseFrom">Warehouse it ships from.</param>
/// <param name="WarehouseTo">Region it ships to.</param>
/// <param name="OrderDate">When it was ordered, UTC.</param>
/// <param name="Status"><c>active</c> or <c>canceled</c>.</param>
public sealed record OrderRow(
    long Id,
    long? NmId,
    string? CatalogueName,
    string? OrderNumber,
    string? Article,
    string? Name,
    string? Brand,
    string? Size,
    string? Category,
    long? Quantity,
    decimal? Price,
    decimal? TotalPrice,
    decimal? CustomerPrice,
    decimal? DiscountPercent,
    decimal? SppPercent,
    string? WarehouseFrom,
    string? WarehouseTo,
    DateTimeOffset? OrderDate,
    string? Status) : SourceRow(Id, NmId)
{
    /// <inheritdoc />
    public override Entity Entity => Entity.Orders;

    /// <inheritdoc />
    public override DateTimeOffset? BusinessDate => OrderDate;
}
