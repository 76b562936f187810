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

/// <summary>A buyout or a return, <c>wb_sales</c>.</summary>
/// <param name="Id">Primary key.</param>
/// <param name="NmId">Article number.</param>
/// <param name="CatalogueName">Name of the article's card, active or not; null without a card.</param>
/// <param name="SaleNumber">Number of the sale at the marketplace.</param>
/// <param name="OrderNumber">Number of the order it belongs to.</param>
/// <param name="BasketNumber">Number of the basket it was ordered in (<c>gNumber</c>).</param>
/// <param name="ProductName">The row's own name.</param>
/// <param name="Brand">Brand.</param>
/// <param name="Size">Size.</param>
/// <param name="Amount">List price before discounts (<c>totalPrice</c>), roubles.</param>
/// <param name="CustomerPrice">Paid by the buyer (<c>finishedPrice</c>), roubles; 0 while the marketplace does not know it.</param>
/// <param name="DiscountPercent">The seller's discount, percent.</param>
/// <param name="SppPercent">The marketplace's own discount (SPP), percent.</param>
/// <param name="SaleDate">When it was bought or returned, UTC.</param>
/// <param name="Kind"><c>buyout</c> or <c>return</c>.</param>
/// <param name="Status"><c>completed</c>, <c>pending</c>.</param>
/// <param name="IsCancel">True when it was cancelled afterwards.</param>
public sealed record SaleRow(
    long Id,
    long? NmId,
    string? CatalogueName,
    string? SaleNumber,
    string? OrderNumber,
    string? BasketNumber,
    string? ProductName,
    string? Brand,
    string? Size,
    decimal? Amount,
    decimal? CustomerPrice,
    decimal? DiscountPercent,
    decimal? SppPercent,
    DateTimeOffset? SaleDate,
    string? Kind,
    string? Status,
    bool? IsCancel) : SourceRow(Id, NmId)
{
    /// <inheritdoc />
    public override Entity Entity => Entity.Sales;

    /// <inheritdoc />
    public override DateTimeOffset? BusinessDate => SaleDate;
}
