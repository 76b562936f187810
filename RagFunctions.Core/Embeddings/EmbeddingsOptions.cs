namespace RagFunctions.Core.Embeddings;

/// <summary>Which embedder, and how it may be used. Checked at start by <see cref="EmbeddingsOptionsValidator"/>.</summary>
public sealed class EmbeddingsOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Embeddings";

    /// <summary>The most inputs OpenAI and Azure OpenAI take in one request.</summary>
    public const int ProviderMaxInputs = 2_048;

    /// <summary>The most tokens OpenAI and Azure OpenAI take in one request, all inputs together.</summary>
    public const int ProviderMaxTokens = 300_000;

    /// <summary>The most tokens OpenAI and Azure OpenAI take in one input.</summary>
    public const int ProviderMaxTokensPerInput = 8_191;

    /// <summary><c>azure</c>, <c>openai</c> or <c>offline</c>.</summary>
    public EmbeddingsProvider Provider { get; set; } = EmbeddingsProvider.Azure;

    /// <summary>Azure: <c>https://NAME.openai.azure.com/</c>. OpenAI: the base URL up to and including <c>/v1</c>.</summary>
    public string? Endpoint { get; set; }

    /// <summary>Azure only: the name of the deployment. The index is bound to <see cref="Model"/>, never to this name.</summary>
    public string? Deployment { get; set; }

    /// <summary>The model; recorded in the index at its first run, after which no other model is accepted.</summary>
    public string Model { get; set; } = "text-embedding-3-small";

    /// <summary>A key instead of the managed identity (Azure), or the bearer token (OpenAI; may be empty for a local endpoint).</summary>
    public string? ApiKey { get; set; }

    /// <summary>Length of a vector, asked for in every request. The index column holds 1,536.</summary>
    public int Dimensions { get; set; } = 1_536;

    /// <summary>Texts per request, 1…2,048.</summary>
    public int MaxInputsPerRequest { get; set; } = 256;

    /// <summary>Tokens per request by estimate, 1…300,000. Small requests smooth the use of a per-minute quota.</summary>
    public int MaxTokensPerRequest { get; set; } = 40_000;

    /// <summary>Into how many requests the planner spreads work that would fit into fewer, because that many run at once.</summary>
    public int ParallelRequests { get; set; } = 8;

    /// <summary>US dollars per million tokens; 0.02 is the list price of text-embedding-3-small.</summary>
    public decimal PricePerMillionTokens { get; set; } = 0.02m;

    /// <summary>Seconds that one request may take with all its retries; what is left after that is a wait told to the caller.</summary>
    public double RequestBudgetSeconds { get; set; } = 30;

    /// <summary>Milliseconds before the first retry when the provider names no time; doubled for each further one, with jitter.</summary>
    public double RetryDelayMilliseconds { get; set; } = 500;

    /// <summary>The name under which vectors are stored.</summary>
    public string ModelName => Provider == EmbeddingsProvider.Offline ? OfflineEmbeddingGenerator.ModelName : Model;
}
