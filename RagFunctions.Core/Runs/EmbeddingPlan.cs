namespace RagFunctions.Core.Runs;

/// <summary>Contiguous intervals of <c>chunk_hash</c> that together hold every due pending chunk of the cabinet.</summary>
/// <param name="Superseded">The token is no longer the cabinet's.</param>
/// <param name="PendingChunks">Due pending chunks found.</param>
/// <param name="Intervals">At most 400; identical texts never stand in two of them. Empty when nothing is pending.</param>
public sealed record EmbeddingPlan(bool Superseded, long PendingChunks, IReadOnlyList<HashInterval> Intervals);
