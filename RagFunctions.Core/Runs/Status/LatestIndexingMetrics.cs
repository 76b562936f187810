namespace RagFunctions.Core.Runs.Status;

/// <summary>The run itself.</summary>
public sealed record LatestIndexingMetrics(
    Guid RunId, string Mode, DateTimeOffset StartedAt, DateTimeOffset? CompletedAt, double? ExecutionTimeSeconds, string Status);
