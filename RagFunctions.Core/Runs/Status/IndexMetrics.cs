namespace RagFunctions.Core.Runs.Status;

/// <summary>Figures of the latest run in the blocks that readers of the original were promised.</summary>
public sealed record IndexMetrics(
    long CabinetId,
    LatestIndexingMetrics LatestIndexing,
    ChunkMetrics Chunks,
    EmbeddingMetrics Embeddings,
    ApiUsageMetrics ApiUsage,
    PerformanceMetrics Performance,
    ComparisonMetrics ComparisonWithFull);
