namespace RagFunctions.Core.Source;

/// <summary>A buyout or a return, <c>wb_sales</c>.</summary>
/// <param name="Id">Primary key.</param>
/// <param name="NmId">Article number.</param>
/// <param name="CatalogueName">Name of the article's card, active or not; null without a card.</param>
/// <param name="SaleNumber">Number of the sale at the marketplace.</param>
/// <param name="OrderNumber">Number of the order it belongs to.</param>
/// <param name="BasketNumber">Number of the basket it was ordered in (<c>gNumber</c>).</param>
/// <param name="ProductName">The row's own name.</param>
/// <param name="Brand">Brand.</param>
/// <param name="Size">Size.</param>
/// <param name="Amount">List price before discounts (<c>totalPrice</c>), roubles.</param>
/// <param name="CustomerPrice">Paid by the buyer (<c>finishedPrice</c>), roubles; 0 while the marketplace does not know it.</param>
/// <param name="DiscountPercent">The seller's discount, percent.</param>
/// <param name="SppPercent">The marketplace's own discount (SPP), percent.</param>
/// <param name="SaleDate">When it was bought or returned, UTC.</param>
/// <param name="Kind"><c>buyout</c> or <c>return</c>.</param>
/// <param name="Status"><c>completed</c>, <c>pending</c>.</param>
/// <param name="IsCancel">True when it was cancelled afterwards.</param>
public sealed record SaleRow(
    long Id,
    long? NmId,
    string? CatalogueName,
    string? SaleNumber,
    string? OrderNumber,
    string? BasketNumber,
    string? ProductName,
    string? Brand,
    string? Size,
    decimal? Amount,
    decimal? CustomerPrice,
    decimal? DiscountPercent,
    decimal? SppPercent,
    DateTimeOffset? SaleDate,
    string? Kind,
    string? Status,
    bool? IsCancel) : SourceRow(Id, NmId)
{
    /// <inheritdoc />
    public override Entity Entity => Entity.Sales;

    /// <inheritdoc />
    public override DateTimeOffset? BusinessDate => SaleDate;
}
