namespace RagFunctions.Tests.Embeddings;

/// <summary>A chunk with what the embedding left of it.</summary>
public sealed record StoredChunk(
    long SourceId,
    string Text,
    bool IsEmbedded,
    string? EmbeddedModel,
    bool HasPendingSince,
    int Attempts,
    string? Error,
    DateTimeOffset? NextAttemptAt,
    float[]? Vector,
    string? VectorModel);
