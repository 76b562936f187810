namespace RagFunctions.Core.Search;

/// <summary>A chunk that was found.</summary>
/// <param name="Entity">What it is about.</param>
/// <param name="SourceId">The source row.</param>
/// <param name="ChunkIndex">0, or the number of a part of a long text.</param>
/// <param name="NmId">The article.</param>
/// <param name="BusinessDate">Date of the order, review or sale.</param>
/// <param name="Text">The text.</param>
/// <param name="Similarity">1 − cosine distance to the question: 1 is the same direction, 0 unrelated.</param>
public sealed record SearchHit(
    Entity Entity, long SourceId, int ChunkIndex, long? NmId, DateTimeOffset? BusinessDate, string Text, double Similarity);
