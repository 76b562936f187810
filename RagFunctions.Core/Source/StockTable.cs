namespace RagFunctions.Core.Source;

/// <summary>Stock: eligible while there is something to sell, and at zero while the article is for sale: what has run out is the first question.</summary>
internal sealed class StockTable : SourceTable
{
    public static readonly StockTable Instance = new();

    // The bounded search by the article's key, as for the card: a probe of an index.
    private const string Eligible = """
        (r.quantity > 0 OR (r.quantity = 0 AND (
            SELECT c.is_active FROM wb_products AS c WHERE c.cabinet_id = r.cabinet_id AND c.nm_id BETWEEN r.nm_id AND r.nm_id ORDER BY c.nm_id LIMIT 1)))
        """;

    private const string Columns = $"""
            p.name::text,
            r.article::text,
            r.name::text,
            r.brand::text,
            COALESCE(p.category, r.category)::text,
            r.size::text,
            r.warehouse_name::text,
            r.quantity::bigint,
            r.in_way_to_client::bigint,
            r.in_way_from_client::bigint
        """;

    private StockTable()
        : base(Entity.Stocks, Eligible, Columns)
    {
    }

    public override SourceRow Read(long id, long? nmId, ref ColumnCursor columns) => new StockRow(
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
        columns.Number(),
        columns.Number());
}

/// <summary>What lies in one warehouse of one size of an article, <c>wb_stocks</c>.</summary>
/// <param name="Id">Primary key.</param>
/// <param name="NmId">Article number.</param>
/// <param name="CatalogueName">Name of the article's card, active or not; null without a card.</param>
/// <param name="Article">The seller's own article.</param>
/// <param name="Name">The row's own name.</param>
/// <param name="Brand">Brand.</param>
/// <param name="Category">Category word.</param>
/// <param name="Size">Size.</param>
/// <param name="WarehouseName">Warehouse.</param>
/// <param name="Quantity">Pieces that can be sold now; 0 = run out.</param>
/// <param name="InWayToClient">Pieces on the way to buyers.</param>
/// <param name="InWayFromClient">Pieces on the way back from buyers.</param>
public sealed record StockRow(
    long Id,
    long? NmId,
    string? CatalogueName,
    string? Article,
    string? Name,
    string? Brand,
    string? Category,
    string? Size,
    string? WarehouseName,
    long? Quantity,
    long? InWayToClient,
    long? InWayFromClient) : SourceRow(Id, NmId)
{
    /// <inheritdoc />
    public override Entity Entity => Entity.Stocks;
}
