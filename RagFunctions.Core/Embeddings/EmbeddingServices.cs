using Azure.Core;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Embeddings.Providers;

namespace RagFunctions.Core.Embeddings;

/// <summary>Registers what makes and stores vectors.</summary>
public static class EmbeddingServices
{
    /// <summary>Adds the embedder that <c>Embeddings:*</c> names and the steps that use it. Options are checked at start.</summary>
    public static IServiceCollection AddEmbeddings(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<EmbeddingsOptions>().Bind(configuration.GetSection(EmbeddingsOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<EmbeddingsOptions>, EmbeddingsOptionsValidator>();
        services.AddSingleton(provider => provider.GetRequiredService<IOptions<EmbeddingsOptions>>().Value);
        services.AddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(provider =>
        {
            var options = provider.GetRequiredService<EmbeddingsOptions>();
            return new ObservedEmbeddings(
                EmbeddingClients.Create(options, provider.GetRequiredService<TimeProvider>(), provider.GetService<TokenCredential>()), options);
        });
        services.AddOptions<BudgetsOptions>().Bind(configuration.GetSection(BudgetsOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<EmbeddingPayments>();
        services.AddSingleton<ProviderPace>();
        services.AddSingleton<CabinetBudgets>();
        services.AddSingleton<EmptyIndex>();
        services.AddSingleton<IndexEmbedder>();
        services.AddHostedService<EmbedderStartCheck>();
        services.AddSingleton<ProviderPause>();
        services.AddSingleton<PendingTexts>();
        services.AddSingleton<VectorWriter>();
        services.AddSingleton<EmbeddingPlanner>();
        services.AddSingleton<BatchEmbedder>();
        return services;
    }
}
