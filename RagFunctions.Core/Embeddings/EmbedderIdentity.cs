namespace RagFunctions.Core.Embeddings;

/// <summary>What makes two vectors comparable.</summary>
/// <param name="Model">The model's name, never a deployment's.</param>
/// <param name="Dimensions">Length of a vector.</param>
public sealed record EmbedderIdentity(string Model, int Dimensions)
{
    /// <inheritdoc />
    public override string ToString() => $"{Model} ({Dimensions} dimensions)";
}
