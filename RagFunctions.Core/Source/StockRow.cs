namespace RagFunctions.Core.Source;

/// <summary>What lies in one warehouse of one size of an article, <c>wb_stocks</c>.</summary>
/// <param name="Id">Primary key.</param>
/// <param name="NmId">Article number.</param>
/// <param name="CatalogueName">Name of the article's card, active or not; null without a card.</param>
/// <param name="Article">The seller's own article.</param>
/// <param name="Name">The row's own name.</param>
/// <param name="Brand">Brand.</param>
/// <param name="Category">Category word.</param>
/// <param name="Size">Size.</param>
/// <param name="WarehouseName">Warehouse.</param>
/// <param name="Quantity">Pieces that can be sold now; above 0.</param>
/// <param name="InWayToClient">Pieces on the way to buyers.</param>
/// <param name="InWayFromClient">Pieces on the way back from buyers.</param>
public sealed record StockRow(
    long Id,
    long? NmId,
    string? CatalogueName,
    string? Article,
    string? Name,
    string? Brand,
    string? Category,
    string? Size,
    string? WarehouseName,
    long? Quantity,
    long? InWayToClient,
    long? InWayFromClient) : SourceRow(Id, NmId)
{
    /// <inheritdoc />
    public override Entity Entity => Entity.Stocks;
}
