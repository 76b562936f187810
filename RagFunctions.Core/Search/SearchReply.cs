namespace RagFunctions.Core.Search;

/// <summary>An answer as it goes over the wire and to <c>--json</c>.</summary>
/// <param name="CabinetId">Whose rows.</param>
/// <param name="Mode">By what was searched: <c>hybrid</c>, <c>vector</c> or <c>text</c>.</param>
/// <param name="Model">The model of the vectors; null where none were compared.</param>
/// <param name="QuestionMs">Milliseconds for the question's vector; 0 from memory.</param>
/// <param name="SearchMs">Milliseconds in the database.</param>
/// <param name="Hits">The best first.</param>
public sealed record SearchReply(long CabinetId, string Mode, string? Model, double QuestionMs, double SearchMs, IReadOnlyList<SearchReplyHit> Hits)
{
    /// <summary>The answer of a search.</summary>
    public static SearchReply Of(long cabinetId, SearchAnswer answer) => new(
        cabinetId,
        answer.Mode.WireName(),
        answer.Model,
        Math.Round(answer.QuestionMilliseconds, 1),
        Math.Round(answer.SearchMilliseconds, 1),
        [.. answer.Hits.Select(SearchReplyHit.Of)]);
}

/// <summary>One hit.</summary>
/// <param name="Kind">What kind of row: <c>orders</c>, <c>products</c>, <c>stocks</c>, <c>reviews</c> or <c>sales</c>.</param>
/// <param name="RowId">The row, primary key of <c>wb_&lt;kind&gt;</c>.</param>
/// <param name="ChunkIndex">0, or the number of a part of a long text.</param>
/// <param name="Article">The article (nm_id); null where the row names none.</param>
/// <param name="Date">Date of the order, review or sale; null for products and stocks.</param>
/// <param name="Score">What hits are ordered by, 0…1.</param>
/// <param name="Similarity">Cosine similarity with the question; null where nothing was compared.</param>
/// <param name="VectorRank">Place by meaning; null: not found that way.</param>
/// <param name="TextRank">Place by word; null: not found that way.</param>
/// <param name="TextShare">Share of the weight of the question's words, 0…1; null: not found that way.</param>
/// <param name="Text">The text.</param>
public sealed record SearchReplyHit(
    string Kind, long RowId, int ChunkIndex, long? Article, DateTimeOffset? Date, double Score, double? Similarity, long? VectorRank,
    long? TextRank, double? TextShare, string Text)
{
    internal static SearchReplyHit Of(SearchHit hit) => new(
        hit.Entity.WireName(), hit.SourceId, hit.ChunkIndex, hit.NmId, hit.BusinessDate, Math.Round(hit.Score, 4),
        hit.Similarity is { } similarity ? Math.Round(similarity, 4) : null, hit.VectorRank, hit.TextRank,
        hit.TextShare is { } share ? Math.Round(share, 4) : null, hit.Text);
}
