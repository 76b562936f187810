namespace RagFunctions.Core.Source;

/// <summary>Reviews: eligible for 90 days from the day the buyer wrote them (not from the day they were imported).</summary>
internal sealed class ReviewTable : SourceTable
{
    public static readonly ReviewTable Instance = new();

    private const string Eligible = "r.created_date > $2";

    private const string Columns = $"""
            p.name::text,
            r.rating::bigint,
            CASE WHEN r.created_date >= {FirstInstant} AND r.created_date < {EndOfInstants} THEN r.created_date END,
            r.text::text,
            r.pros::text,
            r.cons::text,
            r.is_answered,
            r.color::text,
            r.matching_size::text
        """;

    private const string IdsSql = $"""
        SELECT r.id::bigint FROM wb_reviews AS r WHERE r.cabinet_id = $1 AND {Eligible} ORDER BY r.id
        """;

    private const string ByIdsSql = $"""
        SELECT r.id::bigint, r.nm_id::bigint, ({Eligible}) IS TRUE,
        {Columns}
        FROM wb_reviews AS r
        {CardOfRow}
        WHERE r.cabinet_id = $1 AND r.id = ANY($3)
        ORDER BY r.id
        """;

    private const string ByRangeSql = $"""
        SELECT r.id::bigint, r.nm_id::bigint, true,
        {Columns}
        FROM (SELECT * FROM wb_reviews AS r
              WHERE r.cabinet_id = $1 AND r.id BETWEEN $3 AND $4 AND {Eligible}
              ORDER BY r.id LIMIT $5) AS r
        {CardOfRow}
        ORDER BY r.id
        """;

    public override string ByIds => ByIdsSql;

    public override string ByRange => ByRangeSql;

    public override string Ids => IdsSql;

    public override SourceRow Read(long id, long? nmId, ref ColumnCursor columns) => new ReviewRow(
        id,
        nmId,
        columns.Text(),
        columns.Number(),
        columns.Instant(),
        columns.Text(),
        columns.Text(),
        columns.Text(),
        columns.Flag(),
        columns.Text(),
        columns.Text());
}
