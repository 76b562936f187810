namespace RagFunctions.Core.Runs.Status;

/// <summary>What the provider counted, and what it costs at the configured price.</summary>
public sealed record ApiUsageMetrics(long OpenaiRequests, long TokensUsed, decimal CostEstimateUsd);
