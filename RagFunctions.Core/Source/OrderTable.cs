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

/// <summary>An ordered item, <c>wb_orders</c>.</summary>
/// <param name="Id">Primary key.</param>
/// <param name="NmId">Article number.</param>
/// <param name="CatalogueName">Name of the article's card, active or not; null without a card.</param>
/// <param name="OrderNumber">Number of the order at the marketplace.</param>
/// <param name="Article">The seller's own article.</param>
/// <param name="Name">The row's own name; the marketplace sends only a category word.</param>
/// <param name="Brand">Brand.</param>
/// <param name="Size">Size.</param>
/// <param name="Category">Category word.</param>
/// <param name="Quantity">Pieces.</param>
/// <param name="Price">Paid by the buyer (<c>finishedPrice</c>), roubles; 0 while the marketplace does not know it.</param>
/// <param name="TotalPrice">List price before discounts (<c>totalPrice</c>), roubles.</param>
/// <param name="CustomerPrice">Paid by the buyer, a second column of the same meaning.</param>
/// <param name="DiscountPercent">The seller's discount, percent.</param>
/// <param name="SppPercent">The marketplace's own discount (SPP), percent.</param>
/// <param name="WarehouseFrom">Warehouse it ships from.</param>
/// <param name="WarehouseTo">Region it ships to.</param>
/// <param name="OrderDate">When it was ordered, UTC.</param>
/// <param name="Status"><c>active</c> or <c>canceled</c>.</param>
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
    string? Status) : SourceRow(Id, NmId)
{
    /// <inheritdoc />
    public override Entity Entity => Entity.Orders;

    /// <inheritdoc />
    public override DateTimeOffset? BusinessDate => OrderDate;
}
