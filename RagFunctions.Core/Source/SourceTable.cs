using Npgsql;

namespace RagFunctions.Core.Source;

/// <summary>How one entity is read: three statements around its columns, and its row.</summary>
/// <remarks>
/// Parameters of every statement: <c>$1</c> cabinet, <c>$2</c> the instant after which a date is eligible. By ids: <c>$3</c> the ids.
/// By range: <c>$3</c> first and <c>$4</c> last id, both inclusive, <c>$5</c> the limit.
/// Columns are cast, so that int4 and double precision tables read like bigint and numeric ones.
/// Why these shapes, measured on 350,000 orders of 60 cabinets (PostgreSQL 15): <c>= ANY</c> walks the primary key, 3.5 ms for 2,000
/// ids and 19 ms for 15,000, while a join with unnest hashes the whole cabinet (5 ms and 77 ms). A page by range walks the primary
/// key, or sorts a small cabinet by its own index: 68 pages of 2,000 take 80 ms, so an index on (cabinet_id, id) gains nothing. The
/// limit stands below the join, so that a page never joins more than its own rows.
/// </remarks>
internal abstract class SourceTable
{
    /// <summary>Before this an instant is not shown: near the first one that .NET holds, with room for the shift to Moscow time.</summary>
    protected const string FirstInstant = "'0001-01-02 00:00:00+00'";

    /// <summary>From here on an instant is not shown: near the last one that .NET holds, with room for the shift to Moscow time.</summary>
    protected const string EndOfInstants = "'9999-12-31 00:00:00+00'";

    /// <summary>
    /// A column as an instant. One without a time zone holds Moscow time, as everything that the marketplace sends; the settings of the
    /// session have no say. Both branches are valid for both types, and only the fitting one is evaluated.
    /// </summary>
    internal static string InstantOf(string column) =>
        $"CASE WHEN pg_typeof({column}) = 'timestamp'::regtype THEN {column}::timestamp AT TIME ZONE 'Europe/Moscow' ELSE {column}::timestamptz END";

    /// <summary>The column is later than <c>$2</c>. The first condition is what an index serves: as wide as time zones differ.</summary>
    private protected static string After(string column) => $"{column} > $2 - interval '15 hours' AND {InstantOf(column)} > $2";

    // The card of row r's article, if there is one, as p. A plain join, and a search by equality, leave the planner a choice: for a
    // cabinet that is newer than the statistics it compared every row with every card (3,000: 0.7 s, not 10 ms). A bounded search in
    // the order of the article can only be served by the unique key.
    private const string CardOfRow = """
        LEFT JOIN LATERAL (
            SELECT c.name, c.category, c.currency
            FROM wb_products AS c
            WHERE c.cabinet_id = r.cabinet_id AND c.nm_id BETWEEN r.nm_id AND r.nm_id
            ORDER BY c.nm_id
            LIMIT 1) AS p ON true
        """;

    /// <param name="entity">Whose table; all but products print the name of their article's card.</param>
    /// <param name="eligible">Condition on row <c>r</c>; <c>$2</c> is the instant after which a date is eligible.</param>
    /// <param name="columns">What <see cref="Read"/> takes, of row <c>r</c> and its card <c>p</c>.</param>
    /// <param name="joins">What the columns need besides the card.</param>
    private protected SourceTable(Entity entity, string eligible, string columns, string joins = "")
    {
        var table = entity.TableName();
        var card = entity == Entity.Products ? "" : $"{CardOfRow}\n{joins}";
        EligibleIds = $"SELECT r.id::bigint FROM {table} AS r WHERE r.cabinet_id = $1 AND {eligible}";
        Ids = $"{EligibleIds} ORDER BY r.id";
        ByIds = $"""
            SELECT r.id::bigint, r.nm_id::bigint, ({eligible}) IS TRUE,
            {columns}
            FROM {table} AS r
            {card}
            WHERE r.cabinet_id = $1 AND r.id = ANY ($3)
            ORDER BY r.id
            """;
        IfIneligible = $"SELECT r.nm_id::bigint FROM {table} AS r WHERE r.cabinet_id = $1 AND r.id = $3 AND ({eligible}) IS NOT TRUE";
        ByRange = $"""
            SELECT r.id::bigint, r.nm_id::bigint, true,
            {columns}
            FROM (SELECT * FROM {table} AS r
                  WHERE r.cabinet_id = $1 AND r.id BETWEEN $3 AND $4 AND {eligible}
                  ORDER BY r.id LIMIT $5) AS r
            {card}
            ORDER BY r.id
            """;
    }

    /// <summary>Rows named by id, eligible or not: id, nm_id, eligible, then the entity's columns.</summary>
    public string ByIds { get; }

    /// <summary>nm_id of the row <c>$3</c> if it is not eligible; reads none of its other columns.</summary>
    public string IfIneligible { get; }

    /// <summary>Eligible rows of a key range, the same columns.</summary>
    public string ByRange { get; }

    /// <summary>Ids of eligible rows in no order; <c>$1</c> and <c>$2</c> only.</summary>
    public string EligibleIds { get; }

    /// <summary>Ids of eligible rows in ascending order; <c>$1</c> and <c>$2</c> only.</summary>
    public string Ids { get; }

    /// <summary>The row; <paramref name="columns"/> stands behind the eligibility column.</summary>
    public abstract SourceRow Read(long id, long? nmId, ref ColumnCursor columns);

    /// <summary>The table of <paramref name="entity"/>.</summary>
    public static SourceTable Of(Entity entity) => entity switch
    {
        Entity.Products => ProductTable.Instance,
        Entity.Orders => OrderTable.Instance,
        Entity.Stocks => StockTable.Instance,
        Entity.Reviews => ReviewTable.Instance,
        Entity.Sales => SaleTable.Instance,
        _ => throw new ArgumentOutOfRangeException(nameof(entity), entity, "not an entity"),
    };
}

/// <summary>
/// One eligible row of a source table with everything its text prints, and nothing else: personal data is never read.
/// Numbers are bigint and decimal whatever the column's type; a NaN or infinite number, and an instant that .NET cannot hold, is null.
/// </summary>
/// <param name="Id">Primary key of the row, <c>rag_metadata.source_id</c>.</param>
/// <param name="NmId">Article number of the marketplace; null only where a review names none.</param>
public abstract record SourceRow(long Id, long? NmId)
{
    /// <summary>The table the row stands in.</summary>
    public abstract Entity Entity { get; }

    /// <summary>The instant the 90 days count from: order, review and sale date in UTC; null for products and stocks.</summary>
    public virtual DateTimeOffset? BusinessDate => null;
}

/// <summary>Takes the columns of the current row one after the other, in the order of the select list.</summary>
internal ref struct ColumnCursor(NpgsqlDataReader reader)
{
    private int _next;

    public string? Text() => TakeNull(out var ordinal) ? null : reader.GetString(ordinal);

    public long? Number() => TakeNull(out var ordinal) ? null : reader.GetInt64(ordinal);

    public decimal? Amount() => TakeNull(out var ordinal) ? null : reader.GetDecimal(ordinal);

    public bool? Flag() => TakeNull(out var ordinal) ? null : reader.GetBoolean(ordinal);

    public DateTimeOffset? Instant() => TakeNull(out var ordinal) ? null : reader.GetFieldValue<DateTimeOffset>(ordinal);

    private bool TakeNull(out int ordinal)
    {
        ordinal = _next++;
        return reader.IsDBNull(ordinal);
    }
}
