namespace RagFunctions.Core.Embeddings;

/// <summary>A checked answer.</summary>
/// <param name="Vectors">One for each input, in the order of the inputs.</param>
/// <param name="Tokens">As the provider counted them; 0 when it does not say.</param>
public sealed record EmbeddingAnswer(float[][] Vectors, long Tokens);
