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
        services.AddSingleton<IEmbeddingGenerator<string, Embedding<float>>>(
            provider => Asking(provider, provider.GetRequiredService<EmbeddingsOptions>()));
        services.AddOptions<EmbeddingsOptions>(EmbeddingsOptions.NextName)
            .Configure(next => EmbeddingsOptions.BindNext(configuration, next))
            .ValidateOnStart();
        services.AddSingleton<IValidateOptions<EmbeddingsOptions>>(_ => new NextEmbeddingsOptionsValidator(configuration));
        services.AddSingleton(provider => new Embedders(
            new Embedder(provider.GetRequiredService<EmbeddingsOptions>(), provider.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>()),
            EmbeddingsOptions.HasNext(configuration) ? Next(provider) : null));
        services.AddOptions<BudgetsOptions>().Bind(configuration.GetSection(BudgetsOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<EmbeddingPayments>();
        services.AddSingleton<CabinetBudgets>();
        services.AddSingleton<EmptyIndex>();
        services.AddSingleton<ModelSwitch>();
        services.AddSingleton<GenerationMove>();
        services.AddSingleton<IndexEmbedder>();
        services.AddHostedService<EmbedderStartCheck>();
        services.AddSingleton<EmbeddingPlanner>();
        services.AddSingleton<BatchEmbedder>();
        return services;
    }

    private static Embedder Next(IServiceProvider provider)
    {
        var options = provider.GetRequiredService<IOptionsMonitor<EmbeddingsOptions>>().Get(EmbeddingsOptions.NextName);
        return new Embedder(options, Asking(provider, options));
    }

    private static ObservedEmbeddings Asking(IServiceProvider provider, EmbeddingsOptions options) => new(
        EmbeddingClients.Create(options, provider.GetRequiredService<TimeProvider>(), provider.GetService<TokenCredential>()), options);
}
