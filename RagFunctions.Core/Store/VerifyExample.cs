namespace RagFunctions.Core.Store;

/// <summary>One difference between index and source.</summary>
/// <param name="Kind"><c>missing</c>, <c>stale</c>, <c>surplus</c>, <c>pending</c> or <c>unreadable</c>.</param>
/// <param name="Entity">Whose row.</param>
/// <param name="SourceId">Row primary key.</param>
/// <param name="ChunkIndex">Number of the chunk within its row; null = the whole row.</param>
public sealed record VerifyExample(string Kind, Entity Entity, long SourceId, int? ChunkIndex);
