namespace RagFunctions.Core.Source;

/// <summary>Buyouts and returns: eligible for 90 days from their date.</summary>
internal sealed class SaleTable : SourceTable
{
    private static readonly string Date = InstantOf("r.sale_date");

    private static readonly string Eligible = After("r.sale_date");

    private static readonly string Columns = $"""
            p.name::text,
            COALESCE(r.wb_sale_id, r.order_id)::text,
            COALESCE(r.srid, r.sale_id)::text,
            r.g_number::text,
            r.product_name::text,
            r.brand::text,
            r.size::text,
            CASE WHEN COALESCE(r.total_price, r.amount) > '-Infinity' AND COALESCE(r.total_price, r.amount) < 'Infinity'
                AND (r.total_price IS NOT NULL OR r.wb_sale_id IS NULL) THEN round(COALESCE(r.total_price, r.amount)::numeric, 2) END,
            CASE WHEN r.customer_price > '-Infinity' AND r.customer_price < 'Infinity' THEN round(r.customer_price::numeric, 2) END,
            CASE WHEN r.discount_percent > '-Infinity' AND r.discount_percent < 'Infinity' THEN round(r.discount_percent::numeric, 2) END,
            CASE WHEN r.spp_percent > '-Infinity' AND r.spp_percent < 'Infinity' THEN round(r.spp_percent::numeric, 2) END,
            CASE WHEN r.sale_date >= {FirstInstant} AND r.sale_date < {EndOfInstants} THEN {Date} END,
            r.type::text,
            r.status::text,
            r.is_cancel,
            r.article::text,
            COALESCE(p.category, r.product_name)::text,
            r.region::text,
            CASE WHEN r.for_pay > '-Infinity' AND r.for_pay < 'Infinity' THEN round(r.for_pay::numeric, 2) END,
            COALESCE(r.currency, p.currency)::text
        """;

    public static readonly SaleTable Instance = new();

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
        columns.Flag(),
        columns.Text(),
        columns.Text(),
        columns.Text(),
        columns.Amount(),
        columns.Text());
}

/// <summary>A buyout or a return, <c>wb_sales</c>.</summary>
/// <param name="Id">Primary key.</param>
/// <param name="NmId">Article number.</param>
/// <param name="CatalogueName">Name of the article's card, active or not; null without a card.</param>
/// <param name="SaleNumber">Number of the sale at the marketplace (<c>saleID</c>), which the original put into the column <c>order_id</c>.</param>
/// <param name="OrderNumber">Number of the order it belongs to (<c>srid</c>), which the original put into the column <c>sale_id</c>.</param>
/// <param name="BasketNumber">Number of the basket it was ordered in (<c>gNumber</c>).</param>
/// <param name="ProductName">The row's own name.</param>
/// <param name="Brand">Brand.</param>
/// <param name="Size">Size.</param>
/// <param name="Amount">List price before discounts (<c>totalPrice</c>); the column of that name holds it only in rows of the original.</param>
/// <param name="CustomerPrice">Paid by the buyer (<c>finishedPrice</c>), roubles; 0 while the marketplace does not know it.</param>
/// <param name="DiscountPercent">The seller's discount, percent.</param>
/// <param name="SppPercent">The marketplace's own discount (SPP), percent.</param>
/// <param name="SaleDate">When it was bought or returned, UTC.</param>
/// <param name="Kind"><c>buyout</c> or <c>return</c>.</param>
/// <param name="Status"><c>completed</c>, <c>pending</c>.</param>
/// <param name="IsCancel">True when it was cancelled afterwards.</param>
/// <param name="Article">The seller's own article.</param>
/// <param name="Category">The kind of goods: that of the card, else the row's own.</param>
/// <param name="Region">The buyer's region.</param>
/// <param name="ForPay">What the seller gets, or loses with a return; 0 while the marketplace does not know it.</param>
/// <param name="Currency">ISO 4217; null = roubles.</param>
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
    bool? IsCancel,
    string? Article = null,
    string? Category = null,
    string? Region = null,
    decimal? ForPay = null,
    string? Currency = null) : SourceRow(Id, NmId)
{
    /// <inheritdoc />
    public override Entity Entity => Entity.Sales;

    /// <inheritdoc />
    public override DateTimeOffset? BusinessDate => SaleDate;
}
