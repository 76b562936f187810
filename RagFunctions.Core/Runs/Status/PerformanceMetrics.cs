namespace RagFunctions.Core.Runs.Status;

/// <summary>Seconds for each stage, summed over steps that overlap: they may exceed the execution time.</summary>
public sealed record PerformanceMetrics(
    double ExtractionTimeSeconds, double ChunkingTimeSeconds, double EmbeddingTimeSeconds, double SavingTimeSeconds);
