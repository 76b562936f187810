namespace RagFunctions.Core.Runs.Status;

/// <summary>Vectors. Batch size is the mean number of texts in a request.</summary>
public sealed record EmbeddingMetrics(long Generated, long Reused, double BatchSize, long BatchesProcessed, long FailedBatches);
