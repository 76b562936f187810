namespace RagFunctions.Core.Source;

/// <summary>Buyouts and returns: eligible for 90 days from their date.</summary>
internal sealed class SaleTable : SourceTable
{
    public static readonly SaleTable Instance = new();

    private const string Eligible = "r.sale_date > $2";

    private const string Columns = $"""
            p.name::text,
            r.sale_id::text,
            r.order_id::text,
            r.g_number::text,
            r.product_name::text,
            r.brand::text,
            r.size::text,
            CASE WHEN r.amount > '-Infinity' AND r.amount < 'Infinity' THEN round(r.amount::numeric, 2) END,
            CASE WHEN r.customer_price > '-Infinity' AND r.customer_price < 'Infinity' THEN round(r.customer_price::numeric, 2) END,
            CASE WHEN r.discount_percent > '-Infinity' AND r.discount_percent < 'Infinity' THEN round(r.discount_percent::numeric, 2) END,
            CASE WHEN r.spp_percent > '-Infinity' AND r.spp_percent < 'Infinity' THEN round(r.spp_percent::numeric, 2) END,
            CASE WHEN r.sale_date >= {FirstInstant} AND r.sale_date < {EndOfInstants} THEN r.sale_date END,
            r.type::text,
            r.status::text,
            r.is_cancel
        """;

    private SaleTable()
        : base(Entity.Sales, Eligible, Columns)
    {
    }

    public override SourceRow Read(long id, long? nmId, ref ColumnCursor columns) => new SaleRow(
        id,
        nmId,
        columns.Text(),
        columns.Text(),
        columns.Text(),
        columns.Text(),
        columns.Text(),
        columns.Text(),
        columns.Text(),
        columns.Amount(),
        columns.Amount(),
        columns.Amount(),
        columns.Amount(),
        columns.Instant(),
        columns.Text(),
        columns.Text(),
        columns.Flag());
}
