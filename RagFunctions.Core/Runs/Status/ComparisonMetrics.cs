namespace RagFunctions.Core.Runs.Status;

/// <summary>Against reading and embedding everything. Null where there is nothing to compare with yet.</summary>
public sealed record ComparisonMetrics(double? TimeSavedPercent, double? ApiSavedPercent, double? ChunksProcessedPercent);
