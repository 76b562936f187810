namespace RagFunctions.Core.Source;

/// <summary>Catalogue cards: eligible while active.</summary>
internal sealed class ProductTable : SourceTable
{
    public static readonly ProductTable Instance = new();

    private const string Eligible = "r.is_active";

    private const string Columns = $"""
            r.name::text,
            r.vendor_code::text,
            r.brand::text,
            r.category::text,
            CASE WHEN r.price > '-Infinity' AND r.price < 'Infinity' THEN round(r.price::numeric, 2) END,
            CASE WHEN r.discount_price > '-Infinity' AND r.discount_price < 'Infinity' THEN round(r.discount_price::numeric, 2) END,
            CASE WHEN r.rating > '-Infinity' AND r.rating < 'Infinity' THEN round(r.rating::numeric, 2) END,
            r.reviews_count::bigint,
            r.currency::text
        """;

    private ProductTable()
        : base(Entity.Products, Eligible, Columns)
    {
    }

    public override SourceRow Read(long id, long? nmId, ref ColumnCursor columns) => new ProductRow(
        id,
        nmId,
        columns.Text(),
        columns.Text(),
        columns.Text(),
        columns.Text(),
        columns.Amount(),
        columns.Amount(),
        columns.Amount(),
        columns.Number(),
        columns.Text());
}

/// <summary>A catalogue card, <c>wb_products</c>; one per article.</summary>
/// <param name="Id">Primary key.</param>
/// <param name="NmId">Article number.</param>
/// <param name="Name">Catalogue name, the one that dependents print.</param>
/// <param name="VendorCode">The seller's own article.</param>
/// <param name="Brand">Brand.</param>
/// <param name="Category">Category word (<c>subjectName</c>).</param>
/// <param name="Price">List price before any discount, roubles.</param>
/// <param name="DiscountPrice">Price after the seller's discount, roubles; in data of the original system a whole percentage.</param>
/// <param name="Rating">Mean rating of the stored reviews, those of 90 days; 1 to 5.</param>
/// <param name="ReviewsCount">Number of ratings behind the mean.</param>
/// <param name="Currency">ISO 4217; null = roubles.</param>
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
    long? ReviewsCount,
    string? Currency = null) : SourceRow(Id, NmId)
{
    /// <inheritdoc />
    public override Entity Entity => Entity.Products;
}
