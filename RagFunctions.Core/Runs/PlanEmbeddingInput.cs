namespace RagFunctions.Core.Runs;

/// <summary>Input of the activity that plans the embedding of a round.</summary>
public sealed record PlanEmbeddingInput(long CabinetId, Guid RunId, long Token);
