namespace RagFunctions.Core.Source;

/// <summary>Orders: eligible for 90 days from the order date.</summary>
internal sealed class OrderTable : SourceTable
{
    public static readonly OrderTable Instance = new();

    private const string Eligible = "r.order_date > $2";

    private const string Columns = $"""
            p.name::text,
            r.order_id::text,
            r.article::text,
            r.name::text,
            r.brand::text,
            r.size::text,
            r.category::text,
            r.quantity::bigint,
            CASE WHEN r.price > '-Infinity' AND r.price < 'Infinity' THEN round(r.price::numeric, 2) END,
            CASE WHEN r.total_price > '-Infinity' AND r.total_price < 'Infinity' THEN round(r.total_price::numeric, 2) END,
            CASE WHEN r.customer_price > '-Infinity' AND r.customer_price < 'Infinity' THEN round(r.customer_price::numeric, 2) END,
            CASE WHEN r.discount_percent > '-Infinity' AND r.discount_percent < 'Infinity' THEN round(r.discount_percent::numeric, 2) END,
            CASE WHEN r.spp_percent > '-Infinity' AND r.spp_percent < 'Infinity' THEN round(r.spp_percent::numeric, 2) END,
            r.warehouse_from::text,
            r.warehouse_to::text,
            CASE WHEN r.order_date >= {FirstInstant} AND r.order_date < {EndOfInstants} THEN r.order_date END,
            r.status::text
        """;

    private OrderTable()
        : base(Entity.Orders, Eligible, Columns)
    {
    }

    public override SourceRow Read(long id, long? nmId, ref ColumnCursor columns) => new OrderRow(
        id,
        nmId,
        columns.Text(),
        columns.Text(),
        columns.Text(),
        columns.Text(),
        columns.Text(),
        columns.Text(),
        columns.Text(),
        columns.Number(),
        columns.Amount(),
        columns.Amount(),
        columns.Amount(),
        columns.Amount(),
        columns.Amount(),
        columns.Text(),
        columns.Text(),
        columns.Instant(),
        columns.Text());
}
