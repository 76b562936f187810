namespace RagFunctions.Core.Source;

/// <summary>Orders: eligible for 90 days from the order date.</summary>
internal sealed class OrderTable : SourceTable
{
    private static readonly string Date = InstantOf("r.order_date");

    private static readonly string Eligible = After("r.order_date");

    private static readonly string Columns = $"""
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
            CASE WHEN r.order_date >= {FirstInstant} AND r.order_date < {EndOfInstants} THEN {Date} END,
            r.status::text,
            COALESCE(p.category, r.subject)::text,
            r.srid::text,
            COALESCE(r.currency, p.currency)::text,
            CASE WHEN r.cancel_date >= {FirstInstant} AND r.cancel_date < {EndOfInstants} THEN {InstantOf("r.cancel_date")} END,
            outcome.bought,
            outcome.returned
        """;

    // What became of the order: sales and returns carry its srid. The bounded search in the order of the key is one probe of an index, whatever
    // the planner knows of a new cabinet.
    private static readonly string Outcome = $"""
        LEFT JOIN LATERAL (
            SELECT max(s.sale_date) FILTER (WHERE s.type = 'buyout') AS bought, max(s.sale_date) FILTER (WHERE s.type = 'return') AS returned
            FROM (
                SELECT f.type, {InstantOf("f.sale_date")} AS sale_date FROM wb_sales AS f
                WHERE f.cabinet_id = r.cabinet_id AND f.sale_id BETWEEN left(r.srid, 100) AND left(r.srid, 100)
                    AND f.sale_date >= {FirstInstant} AND f.sale_date < {EndOfInstants}
                ORDER BY f.sale_id
                LIMIT 10) AS s) AS outcome ON true
        """;

    public static readonly OrderTable Instance = new();

    private OrderTable()
        : base(Entity.Orders, Eligible, Columns, Outcome)
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
        columns.Text(),
        columns.Text(),
        columns.Text(),
        columns.Text(),
        columns.Instant(),
        columns.Instant(),
        columns.Instant());
}

/// <summary>An ordered item, <c>wb_orders</c>.</summary>
/// <param name="Id">Primary key.</param>
/// <param name="NmId">Article number.</param>
/// <param name="CatalogueName">Name of the article's card, active or not; null without a card.</param>
/// <param name="OrderNumber">Number of the basket (<c>gNumber</c>), which up to a few orders share; the column's name is the original's.</param>
/// <param name="Article">The seller's own article.</param>
/// <param name="Name">The row's own name; the marketplace sends only a category word.</param>
/// <param name="Brand">Brand.</param>
/// <param name="Size">Size.</param>
/// <param name="Category">Category word.</param>
/// <param name="Quantity">Pieces.</param>
/// <param name="Price">Price for the buyer before the wallet discount (<c>finishedPrice</c>); 0 while the marketplace does not know it.</param>
/// <param name="TotalPrice">List price before discounts (<c>totalPrice</c>), roubles.</param>
/// <param name="CustomerPrice">Price for the buyer, a second column of the same meaning.</param>
/// <param name="DiscountPercent">The seller's discount, percent.</param>
/// <param name="SppPercent">The marketplace's own discount (SPP), percent.</param>
/// <param name="WarehouseFrom">Warehouse it ships from.</param>
/// <param name="WarehouseTo">Region it ships to.</param>
/// <param name="OrderDate">When it was ordered, UTC.</param>
/// <param name="Status"><c>active</c> or <c>canceled</c>.</param>
/// <param name="Subject">The kind of goods: that of the card, else the row's own.</param>
/// <param name="Srid">The order's identity at the marketplace; rows of the original have none.</param>
/// <param name="Currency">ISO 4217; null = roubles.</param>
/// <param name="CancelledOn">When it was cancelled, UTC.</param>
/// <param name="BoughtOn">When it was bought out, UTC.</param>
/// <param name="ReturnedOn">When it came back, UTC.</param>
public sealed record OrderRow(
    long Id,
    long? NmId,
    string? CatalogueName,
    string? OrderNumber,
    string? Article,
    string? Name,
    string? Brand,
    string? Size,
    string? Category,
    long? Quantity,
    decimal? Price,
    decimal? TotalPrice,
    decimal? CustomerPrice,
    decimal? DiscountPercent,
    decimal? SppPercent,
    string? WarehouseFrom,
    string? WarehouseTo,
    DateTimeOffset? OrderDate,
    string? Status,
    string? Subject = null,
    string? Srid = null,
    string? Currency = null,
    DateTimeOffset? CancelledOn = null,
    DateTimeOffset? BoughtOn = null,
    DateTimeOffset? ReturnedOn = null) : SourceRow(Id, NmId)
{
    /// <inheritdoc />
    public override Entity Entity => Entity.Orders;

    /// <inheritdoc />
    public override DateTimeOffset? BusinessDate => OrderDate;
}
