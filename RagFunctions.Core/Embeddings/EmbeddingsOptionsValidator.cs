using Microsoft.Extensions.Options;

namespace RagFunctions.Core.Embeddings;

/// <summary>Names every wrong setting at once, as it is written in configuration. Never prints a value that may be secret.</summary>
public sealed class EmbeddingsOptionsValidator : IValidateOptions<EmbeddingsOptions>
{
    // pgvector's vector type holds at most this many.
    private const int MaxDimensions = 16_000;

    /// <inheritdoc />
    public ValidateOptionsResult Validate(string? name, EmbeddingsOptions options)
    {
        var errors = Errors(options).ToList();
        return errors.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(errors);
    }

    private static IEnumerable<string> Errors(EmbeddingsOptions options)
    {
        if (!Enum.IsDefined(options.Provider))
        {
            yield return "Embeddings:Provider must be azure, openai or offline.";
        }

        if (options.Provider == EmbeddingsProvider.Azure && string.IsNullOrWhiteSpace(options.Endpoint))
        {
            yield return "Embeddings:Endpoint is missing: Embeddings:Provider azure needs https://NAME.openai.azure.com/.";
        }

        if (options.Provider == EmbeddingsProvider.Azure && string.IsNullOrWhiteSpace(options.Deployment))
        {
            yield return "Embeddings:Deployment is missing: Embeddings:Provider azure needs the name of the deployment.";
        }

        if (options.Provider != EmbeddingsProvider.Offline && !string.IsNullOrWhiteSpace(options.Endpoint) && !IsEndpoint(options.Endpoint))
        {
            yield return "Embeddings:Endpoint must be an absolute https URL without user, query or fragment (http only on this machine).";
        }

        if (options.Provider != EmbeddingsProvider.Offline && string.IsNullOrWhiteSpace(options.Model))
        {
            yield return "Embeddings:Model is missing: the index is bound to the name of the model.";
        }

        if (OutOf(options.Dimensions, 1, MaxDimensions) is { } dimensions)
        {
            yield return $"Embeddings:Dimensions {dimensions}";
        }

        if (OutOf(options.MaxInputsPerRequest, 1, EmbeddingsOptions.ProviderMaxInputs) is { } inputs)
        {
            yield return $"Embeddings:MaxInputsPerRequest {inputs}";
        }

        if (OutOf(options.MaxTokensPerRequest, 1, EmbeddingsOptions.ProviderMaxTokens) is { } tokens)
        {
            yield return $"Embeddings:MaxTokensPerRequest {tokens}";
        }

        if (OutOf(options.ParallelRequests, 1, 64) is { } parallel)
        {
            yield return $"Embeddings:ParallelRequests {parallel}";
        }

        if (options.PricePerMillionTokens < 0)
        {
            yield return "Embeddings:PricePerMillionTokens must not be negative.";
        }

        if (options.RequestBudgetSeconds is not (> 0 and <= 300))
        {
            yield return "Embeddings:RequestBudgetSeconds must be more than 0 and at most 300.";
        }

        if (options.RetryDelayMilliseconds is not (>= 0 and <= 60_000))
        {
            yield return "Embeddings:RetryDelayMilliseconds must be between 0 and 60000.";
        }
    }

    private static string? OutOf(int value, int min, int max) =>
        value >= min && value <= max ? null : $"must be between {min} and {max}; it is {value}.";

    private static bool IsEndpoint(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
        && uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0;
}
