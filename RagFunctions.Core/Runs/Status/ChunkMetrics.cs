namespace RagFunctions.Core.Runs.Status;

/// <summary>Chunks: stored in all, and what the run did. Skipped ones were found equal.</summary>
public sealed record ChunkMetrics(long Total, long New, long Updated, long Skipped, long Deleted, long Expired, long Pending, long Failed);
