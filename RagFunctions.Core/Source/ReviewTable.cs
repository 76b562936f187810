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

    private ReviewTable()
        : base(Entity.Reviews, Eligible, Columns)
    {
    }

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
