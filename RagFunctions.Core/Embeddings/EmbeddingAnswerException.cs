namespace RagFunctions.Core.Embeddings;

/// <summary>The provider answered with success, but not with one sound vector for each text. Nothing of such an answer may be used.</summary>
public sealed class EmbeddingAnswerException(string message, Exception? inner = null) : Exception(message, inner);
