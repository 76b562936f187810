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

    private const string IdsSql = $"""
        SELECT r.id::bigint FROM wb_stocks AS r WHERE r.cabinet_id = $1 AND {Eligible} ORDER BY r.id
        """;

    private const string ByIdsSql = $"""
        SELECT r.id::bigint, r.nm_id::bigint, ({Eligible}) IS TRUE,
        {Columns}
        FROM wb_stocks AS r
        {CardOfRow}
        WHERE r.cabinet_id = $1 AND r.id = ANY($3)
        ORDER BY r.id
        """;

    private const string ByRangeSql = $"""
        SELECT r.id::bigint, r.nm_id::bigint, true,
        {Columns}
        FROM (SELECT * FROM wb_stocks AS r
              WHERE r.cabinet_id = $1 AND r.id BETWEEN $3 AND $4 AND {Eligible}
              ORDER BY r.id LIMIT $5) AS r
        {CardOfRow}
        ORDER BY r.id
        """;

    public override string ByIds => ByIdsSql;

    public override string ByRange => ByRangeSql;

    public override string Ids => IdsSql;

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
