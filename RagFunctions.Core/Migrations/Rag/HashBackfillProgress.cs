namespace RagFunctions.Core.Migrations.Rag;

/// <summary>How far a back-fill is.</summary>
/// <param name="Found">Chunks without a hash when it began.</param>
/// <param name="Done">Chunks it has given one.</param>
/// <param name="Remaining">Chunks still without one: at the end, those that a writer held meanwhile.</param>
public sealed record HashBackfillProgress(long Found, long Done, long Remaining);
