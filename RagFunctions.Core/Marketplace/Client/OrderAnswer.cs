namespace RagFunctions.Core.Marketplace.Client;

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
