namespace RagFunctions.Core.Embeddings;

/// <summary>Who makes vectors from texts.</summary>
public enum EmbeddingsProvider
{
    /// <summary>Azure OpenAI: a deployment at an endpoint of its own, by managed identity or key.</summary>
    Azure,

    /// <summary>OpenAI, or any endpoint that speaks its <c>POST /embeddings</c>.</summary>
    OpenAI,

    /// <summary>Feature hashing on this machine. Not semantic: it finds shared words and word forms, nothing else.</summary>
    Offline,
}
