using System.ClientModel;
using System.ClientModel.Primitives;
using Azure.AI.OpenAI;
using Azure.Core;
using Azure.Identity;
using Microsoft.Extensions.AI;
using OpenAI;
using EmbeddingClient = OpenAI.Embeddings.EmbeddingClient;

namespace RagFunctions.Core.Embeddings.Providers;

/// <summary>Makes the generator that the options name.</summary>
public static class EmbeddingClients
{
    /// <summary>The generator of <see cref="EmbeddingsOptions.Provider"/>; nothing is sent yet.</summary>
    public static IEmbeddingGenerator<string, Embedding<float>> Create(
        EmbeddingsOptions options, TimeProvider time, TokenCredential? credential = null) => options.Provider switch
        {
            EmbeddingsProvider.Azure => new OpenAIWireGenerator(Azure(options, time, credential ?? new DefaultAzureCredential()), options, time),
            EmbeddingsProvider.OpenAI => new OpenAIWireGenerator(OpenAI(options, time), options, time),
            EmbeddingsProvider.Offline => new OfflineEmbeddingGenerator(options.Dimensions),
            _ => throw new ArgumentOutOfRangeException(nameof(options), options.Provider, "not an embeddings provider"),
        };

    private static EmbeddingClient Azure(EmbeddingsOptions options, TimeProvider time, TokenCredential credential)
    {
        var endpoint = new Uri(options.Endpoint!);
        var settings = With(new AzureOpenAIClientOptions(), options, time);
        var client = string.IsNullOrWhiteSpace(options.ApiKey)
            ? new AzureOpenAIClient(endpoint, credential, settings)
            : new AzureOpenAIClient(endpoint, new ApiKeyCredential(options.ApiKey), settings);
        return client.GetEmbeddingClient(options.Deployment);
    }

    private static EmbeddingClient OpenAI(EmbeddingsOptions options, TimeProvider time)
    {
        var settings = With(new OpenAIClientOptions(), options, time);
        if (!string.IsNullOrWhiteSpace(options.Endpoint))
        {
            settings.Endpoint = new Uri(options.Endpoint);
        }

        // The client insists on a key; local endpoints ask for none.
        var key = string.IsNullOrWhiteSpace(options.ApiKey) ? "none" : options.ApiKey;
        return new EmbeddingClient(options.Model, new ApiKeyCredential(key), settings);
    }

    private static T With<T>(T settings, EmbeddingsOptions options, TimeProvider time)
        where T : ClientPipelineOptions
    {
        var budget = TimeSpan.FromSeconds(options.RequestBudgetSeconds);
        settings.NetworkTimeout = budget;
        settings.RetryPolicy = new ProviderRetryPolicy(budget, TimeSpan.FromMilliseconds(options.RetryDelayMilliseconds), time);

        // Texts of reviews are personal data: never in logs or traces.
        settings.ClientLoggingOptions = new ClientLoggingOptions { EnableLogging = false, EnableMessageContentLogging = false };
        return settings;
    }
}
