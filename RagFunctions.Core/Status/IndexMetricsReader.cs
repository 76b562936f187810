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
/// <param name="CabinetId">Whose.</param>
/// <param name="LatestIndexing">The run.</param>
/// <param name="Chunks">Its chunks.</param>
/// <param name="Embeddings">Its vectors.</param>
/// <param name="ApiUsage">What the provider counted.</param>
/// <param name="Performance">Where the time went.</param>
/// <param name="ComparisonWithFull">Against reading and embedding everything.</param>
public sealed record IndexMetrics(
    long CabinetId,
    LatestIndexingMetrics LatestIndexing,
    ChunkMetrics Chunks,
    EmbeddingMetrics Embeddings,
    ApiUsageMetrics ApiUsage,
    PerformanceMetrics Performance,
    ComparisonMetrics ComparisonWithFull);

/// <summary>The run itself.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Mode">Its mode.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="CompletedAt">When it ended; null while it runs.</param>
/// <param name="ExecutionTimeSeconds">Seconds between both.</param>
/// <param name="Status">Its outcome; in_progress while it runs.</param>
public sealed record LatestIndexingMetrics(
    Guid RunId, string Mode, DateTimeOffset StartedAt, DateTimeOffset? CompletedAt, double? ExecutionTimeSeconds, string Status);

/// <summary>Chunks: stored in all, and what the run did. Skipped ones were found equal.</summary>
/// <param name="Total">Stored in all.</param>
/// <param name="New">Added.</param>
/// <param name="Updated">Changed.</param>
/// <param name="Skipped">Found equal.</param>
/// <param name="Deleted">Removed with their rows.</param>
/// <param name="Expired">Removed because their date had passed.</param>
/// <param name="Pending">Without a vector of their text.</param>
/// <param name="Failed">That could not be embedded.</param>
public sealed record ChunkMetrics(long Total, long New, long Updated, long Skipped, long Deleted, long Expired, long Pending, long Failed);

/// <summary>Vectors. Batch size is the mean number of texts in a request.</summary>
/// <param name="Generated">Texts embedded.</param>
/// <param name="Reused">Vectors taken from equal texts.</param>
/// <param name="BatchSize">Mean number of texts in a request.</param>
/// <param name="BatchesProcessed">Requests.</param>
/// <param name="FailedBatches">Batches given up.</param>
public sealed record EmbeddingMetrics(long Generated, long Reused, double BatchSize, long BatchesProcessed, long FailedBatches);

/// <summary>What the provider counted, and what it costs at the configured price.</summary>
/// <param name="OpenaiRequests">Requests.</param>
/// <param name="TokensUsed">Tokens.</param>
/// <param name="CostEstimateUsd">Their cost in US dollars.</param>
public sealed record ApiUsageMetrics(long OpenaiRequests, long TokensUsed, decimal CostEstimateUsd);

/// <summary>Seconds for each stage, summed over steps that overlap: they may exceed the execution time.</summary>
/// <param name="ExtractionTimeSeconds">Reading.</param>
/// <param name="ChunkingTimeSeconds">Making texts.</param>
/// <param name="EmbeddingTimeSeconds">Waiting for the provider.</param>
/// <param name="SavingTimeSeconds">Writing.</param>
public sealed record PerformanceMetrics(
    double ExtractionTimeSeconds, double ChunkingTimeSeconds, double EmbeddingTimeSeconds, double SavingTimeSeconds);

/// <summary>Against reading and embedding everything. Null where there is nothing to compare with yet.</summary>
/// <param name="TimeSavedPercent">Time saved against the last full run.</param>
/// <param name="ApiSavedPercent">Texts not embedded, of all.</param>
/// <param name="ChunksProcessedPercent">Chunks added or changed, of all.</param>
public sealed record ComparisonMetrics(double? TimeSavedPercent, double? ApiSavedPercent, double? ChunksProcessedPercent);
