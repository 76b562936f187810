namespace RagFunctions.Core.Status;

/// <summary>Reads <see cref="IndexMetrics"/>.</summary>
public sealed class IndexMetricsReader(RunReader runs)
{
    /// <summary>Figures of the latest run; null when the cabinet has none.</summary>
    public async Task<IndexMetrics?> ReadAsync(long cabinetId, CancellationToken cancellationToken)
    {
        if ((await runs.LatestAsync(cabinetId, 1, cancellationToken)).SingleOrDefault() is not { } run)
        {
            return null;
        }

        return Of(run, await runs.LatestFullAsync(cabinetId, cancellationToken));
    }

    internal static IndexMetrics Of(RunRecord run, RunRecord? full)
    {
        var batches = run.EmbeddingRequests;
        return new IndexMetrics(
            run.CabinetId,
            new LatestIndexingMetrics(run.RunId, run.Mode, run.StartedAt, run.FinishedAt, Seconds(run), run.Outcome ?? "in_progress"),
            new ChunkMetrics(
                run.TotalChunks, run.ChunksNew, run.ChunksUpdated, run.ChunksUnchanged, run.ChunksDeleted, run.ChunksExpired,
                run.PendingChunks, run.FailedChunks),
            new EmbeddingMetrics(
                run.EmbeddingInputs, run.ReusedVectors, batches == 0 ? 0 : Math.Round((double)run.EmbeddingInputs / batches, 1), batches,
                run.FailedBatches),
            new ApiUsageMetrics(batches, run.EmbeddingTokens, run.CostUsd),
            new PerformanceMetrics(run.ReadMs / 1000.0, run.RenderMs / 1000.0, run.EmbedMs / 1000.0, run.SaveMs / 1000.0),
            new ComparisonMetrics(
                full is null || full.RunId == run.RunId ? null : Saved(Seconds(run), Seconds(full)),
                Saved(run.EmbeddingInputs, run.NaiveInputs),
                run.TotalChunks == 0 ? null : Percent((run.ChunksNew + run.ChunksUpdated) / (double)run.TotalChunks)));
    }

    private static double? Seconds(RunRecord run) => run.FinishedAt is { } end ? Math.Round((end - run.StartedAt).TotalSeconds, 3) : null;

    private static double? Saved(double? spent, double? whole) => spent is null || whole is null or 0 ? null : Percent(1 - (spent.Value / whole.Value));

    private static double Percent(double share) => Math.Round(share * 100, 1);
}

/// <summary>Figures of the latest run in the blocks that readers of the original were promised.</summary>
public sealed record IndexMetrics(
    long CabinetId,
    LatestIndexingMetrics LatestIndexing,
    ChunkMetrics Chunks,
    EmbeddingMetrics Embeddings,
    ApiUsageMetrics ApiUsage,
    PerformanceMetrics Performance,
    ComparisonMetrics ComparisonWithFull);

/// <summary>The run itself.</summary>
public sealed record LatestIndexingMetrics(
    Guid RunId, string Mode, DateTimeOffset StartedAt, DateTimeOffset? CompletedAt, double? ExecutionTimeSeconds, string Status);

/// <summary>Chunks: stored in all, and what the run did. Skipped ones were found equal.</summary>
public sealed record ChunkMetrics(long Total, long New, long Updated, long Skipped, long Deleted, long Expired, long Pending, long Failed);

/// <summary>Vectors. Batch size is the mean number of texts in a request.</summary>
public sealed record EmbeddingMetrics(long Generated, long Reused, double BatchSize, long BatchesProcessed, long FailedBatches);

/// <summary>What the provider counted, and what it costs at the configured price.</summary>
public sealed record ApiUsageMetrics(long OpenaiRequests, long TokensUsed, decimal CostEstimateUsd);

/// <summary>Seconds for each stage, summed over steps that overlap: they may exceed the execution time.</summary>
public sealed record PerformanceMetrics(
    double ExtractionTimeSeconds, double ChunkingTimeSeconds, double EmbeddingTimeSeconds, double SavingTimeSeconds);

/// <summary>Against reading and embedding everything. Null where there is nothing to compare with yet.</summary>
public sealed record ComparisonMetrics(double? TimeSavedPercent, double? ApiSavedPercent, double? ChunksProcessedPercent);
