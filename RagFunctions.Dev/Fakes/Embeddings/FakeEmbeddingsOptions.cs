namespace RagFunctions.Dev.Fakes.Embeddings;

/// <summary>How the server behaves when it behaves.</summary>
public sealed record FakeEmbeddingsOptions
{
    /// <summary>Time per request.</summary>
    public TimeSpan PerRequest { get; init; }

    /// <summary>Time per input, on top.</summary>
    public TimeSpan PerInput { get; init; }

    /// <summary>The key it asks for (<c>Authorization: Bearer</c> or <c>api-key</c>); null: any or none.</summary>
    public string? ApiKey { get; init; }

    /// <summary>The Azure deployment it has; null: any.</summary>
    public string? Deployment { get; init; }

    /// <summary>Whether the received texts are kept; off for measurements.</summary>
    public bool KeepsInputs { get; init; } = true;

    /// <summary>A provider of ordinary speed: 60 ms per request and 0.2 ms per input.</summary>
    public static FakeEmbeddingsOptions OrdinarySpeed { get; } =
        new() { PerRequest = TimeSpan.FromMilliseconds(60), PerInput = TimeSpan.FromMilliseconds(0.2), KeepsInputs = false };
}
