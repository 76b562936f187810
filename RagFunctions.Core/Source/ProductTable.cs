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
            r.reviews_count::bigint
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
        columns.Number());
}
