namespace RagFunctions.Dev.Demo;

/// <summary>What the demo shows of an index run, as the HTTP API tells it. Money in US dollars.</summary>
internal sealed record DemoRun(
    Guid RunId, string Mode, string? Outcome, string? LastError, long ChunksNew, long ChunksUpdated, long ChunksUnchanged, long ChunksDeleted,
    long ChunksExpired, long EmbeddingInputs, long EmbeddingTokens, decimal CostUsd, long NaiveInputs, long NaiveTokens, decimal NaiveCostUsd);
