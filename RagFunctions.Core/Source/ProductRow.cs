namespace RagFunctions.Core.Source;

/// <summary>A catalogue card, <c>wb_products</c>; one per article.</summary>
/// <param name="Id">Primary key.</param>
/// <param name="NmId">Article number.</param>
/// <param name="Name">Catalogue name, the one that dependents print.</param>
/// <param name="VendorCode">The seller's own article.</param>
/// <param name="Brand">Brand.</param>
/// <param name="Category">Category word (<c>subjectName</c>).</param>
/// <param name="Price">List price before any discount, roubles.</param>
/// <param name="DiscountPrice">Price after the seller's discount, roubles; in data of the original system a whole percentage.</param>
/// <param name="Rating">Mean rating, 1 to 5.</param>
/// <param name="ReviewsCount">Number of ratings behind the mean.</param>
public sealed record ProductRow(
    long Id,
    long? NmId,
    string? Name,
    string? VendorCode,
    string? Brand,
    string? Category,
    decimal? Price,
    decimal? DiscountPrice,
    decimal? Rating,
    long? ReviewsCount) : SourceRow(Id, NmId)
{
    /// <inheritdoc />
    public override Entity Entity => Entity.Products;
}
