namespace RagFunctions.Core.Source;

/// <summary>Stock: eligible while there is something to sell.</summary>
internal sealed class StockTable : SourceTable
{
    public static readonly StockTable Instance = new();

    private const string Eligible = "r.quantity > 0";

    private const string Columns = $"""
            p.name::text,
            r.article::text,
            r.name::text,
            r.brand::text,
            r.category::text,
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
