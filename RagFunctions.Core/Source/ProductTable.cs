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

    private const string IdsSql = $"""
        SELECT r.id::bigint FROM wb_products AS r WHERE r.cabinet_id = $1 AND {Eligible} ORDER BY r.id
        """;

    private const string ByIdsSql = $"""
        SELECT r.id::bigint, r.nm_id::bigint, ({Eligible}) IS TRUE,
        {Columns}
        FROM wb_products AS r
        WHERE r.cabinet_id = $1 AND r.id = ANY($3)
        ORDER BY r.id
        """;

    private const string ByRangeSql = $"""
        SELECT r.id::bigint, r.nm_id::bigint, true,
        {Columns}
        FROM (SELECT * FROM wb_products AS r
              WHERE r.cabinet_id = $1 AND r.id BETWEEN $3 AND $4 AND {Eligible}
              ORDER BY r.id LIMIT $5) AS r
        ORDER BY r.id
        """;

    public override string ByIds => ByIdsSql;

    public override string ByRange => ByRangeSql;

    public override string Ids => IdsSql;

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
