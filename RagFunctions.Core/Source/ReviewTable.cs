namespace RagFunctions.Core.Source;

/// <summary>Reviews: eligible for 90 days from the day the buyer wrote them (not from the day they were imported).</summary>
internal sealed class ReviewTable : SourceTable
{
    private static readonly string Date = InstantOf("r.created_date");

    private static readonly string Eligible = After("r.created_date");

    private static readonly string Columns = $"""
            p.name::text,
            r.rating::bigint,
            CASE WHEN r.created_date >= {FirstInstant} AND r.created_date < {EndOfInstants} THEN {Date} END,
            r.text::text,
            r.pros::text,
            r.cons::text,
            r.is_answered,
            r.color::text,
            r.matching_size::text,
            p.category::text,
            r.order_status::text
        """;

    public static readonly ReviewTable Instance = new();

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
        columns.Text(),
        columns.Text(),
        columns.Text());
}

/// <summary>A buyer's review, <c>wb_reviews</c>, without the buyer's name.</summary>
/// <param name="Id">Primary key.</param>
/// <param name="NmId">Article number.</param>
/// <param name="CatalogueName">Name of the article's card, active or not; null without a card.</param>
/// <param name="Rating">Stars, 1 to 5.</param>
/// <param name="CreatedDate">When the buyer wrote it, UTC (not when it was imported).</param>
/// <param name="Text">Free text.</param>
/// <param name="Pros">What the buyer likes.</param>
/// <param name="Cons">What the buyer dislikes.</param>
/// <param name="IsAnswered">True when the seller has answered.</param>
/// <param name="Color">Colour of the bought item.</param>
/// <param name="MatchingSize"><c>ok</c>, <c>smaller</c>, <c>bigger</c>, also Cyrillic <c>ок</c>, or empty.</param>
/// <param name="Category">The kind of goods, from the card.</param>
/// <param name="OrderStatus">What became of the purchase: <c>buyout</c>, <c>rejected</c>, <c>returned</c> or <c>notSpecified</c>.</param>
public sealed record ReviewRow(
    long Id,
    long? NmId,
    string? CatalogueName,
    long? Rating,
    DateTimeOffset? CreatedDate,
    string? Text,
    string? Pros,
    string? Cons,
    bool? IsAnswered,
    string? Color,
    string? MatchingSize,
    string? Category = null,
    string? OrderStatus = null) : SourceRow(Id, NmId)
{
    /// <inheritdoc />
    public override Entity Entity => Entity.Reviews;

    /// <inheritdoc />
    public override DateTimeOffset? BusinessDate => CreatedDate;
}
