namespace RagFunctions.Core.Marketplace.Client;

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
