namespace RagFunctions.Core.Embeddings;

/// <summary>The provider did not answer with vectors.</summary>
/// <param name="trouble">What follows from it.</param>
/// <param name="message">For the operator; without secrets.</param>
/// <param name="retryAfter">How long the provider asks to wait, if it says so.</param>
/// <param name="inner">The cause.</param>
/// <param name="status">The HTTP status, if there was an answer.</param>
public sealed class EmbeddingProviderException(
    ProviderTrouble trouble, string message, TimeSpan? retryAfter = null, Exception? inner = null, int? status = null) : Exception(message, inner)
{
    /// <summary>What follows from it.</summary>
    public ProviderTrouble Trouble { get; } = trouble;

    /// <summary>How long the provider asks to wait, if it says so.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>The HTTP status, if there was an answer.</summary>
    public int? Status { get; } = status;
}
