namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

/// <summary>An article: card, price, and whether it lies in the trash.</summary>
/// <param name="NmId">The article number.</param>
/// <param name="ImtId">The joined card.</param>
/// <param name="VendorCode">The seller's own number.</param>
/// <param name="Kind">What it is.</param>
/// <param name="Brand">The brand.</param>
/// <param name="Color">The colour, in Russian.</param>
/// <param name="Title">The title; changes.</param>
/// <param name="Description">The text, or null.</param>
/// <param name="Photos">How many photos.</param>
/// <param name="Sizes">At least one.</param>
/// <param name="Price">List price in roubles.</param>
/// <param name="Discount">The seller's discount in percent.</param>
/// <param name="CreatedAt">When the card was made.</param>
/// <param name="UpdatedAt">When the card was last changed; prices do not move it.</param>
/// <param name="TrashedAt">Since when it lies in the trash; null = it is on sale.</param>
public sealed record ShopProduct(
    long NmId, long ImtId, string VendorCode, ProductKind Kind, string Brand, string Color, string Title, string? Description, int Photos,
    IReadOnlyList<ShopSize> Sizes, int Price, int Discount, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, DateTimeOffset? TrashedAt)
{
    /// <summary>Whether sizes have prices of their own.</summary>
    public bool HasSizePrices => Sizes.Any(size => size.PriceStep > 0);

    /// <summary>List price of a size in roubles.</summary>
    public int PriceOf(ShopSize size) => Price + size.PriceStep;

    /// <summary>Price of a size after the seller's discount.</summary>
    public decimal DiscountedPriceOf(ShopSize size) => Math.Round(PriceOf(size) * (100 - Discount) / 100m, 2);
}
