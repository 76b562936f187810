using Azure.Core;
using Azure.Identity;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Marketplace;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Search;
using RagFunctions.Core.Status;
using RagFunctions.Core.Store;
using RagFunctions.Core.Telemetry;

namespace RagFunctions.Core;

/// <summary>Registers everything the functions, the local host and the command line share.</summary>
public static class RagCoreServices
{
    /// <summary>Adds the services of this assembly, configured from <paramref name="configuration"/>. Options are validated at start.</summary>
    public static IServiceCollection AddRagCore(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ConnectionStringsOptions>()
            .Bind(configuration.GetSection(ConnectionStringsOptions.Section))
            .ValidateDataAnnotations()
            .ValidateOnStart();

        services.AddOptions<DatabasesOptions>().Bind(configuration.GetSection(DatabasesOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<DatabasesOptions>, DatabasesOptionsValidator>();

        services.AddSingleton(TimeProvider.System);
        // One for everything that Entra lets in, so that one cache holds the tokens.
        services.AddSingleton<TokenCredential>(_ => new DefaultAzureCredential());
        services.AddSingleton<DatabaseSources>();
        services.AddSingleton(provider => new MainDatabase(provider.GetRequiredService<DatabaseSources>()
            .Build(provider.GetRequiredService<IOptions<ConnectionStringsOptions>>().Value.Main)));
        services.AddSingleton(provider => new RagDatabase(provider.GetRequiredService<DatabaseSources>()
            .Build(provider.GetRequiredService<IOptions<ConnectionStringsOptions>>().Value.Rag, vectors: true)));
        services.AddChanges();
        services.AddStore();
        services.AddEmbeddings(configuration);
        services.AddRuns(configuration);
        services.AddStatus();
        services.AddMarketplace(configuration);
        services.AddSearch(configuration);
        services.AddTelemetry(configuration);
        return services;
    }
}

/// <summary>Registers the change queue.</summary>
public static class ChangesServices
{
    /// <summary>Adds <see cref="ChangeQueue"/>.</summary>
    public static IServiceCollection AddChanges(this IServiceCollection services) => services.AddSingleton<ChangeQueue>();
}

/// <summary>Registers what writes and checks the index.</summary>
public static class StoreServices
{
    /// <summary>Adds planning, applying, verifying and the removal of cabinets.</summary>
    public static IServiceCollection AddStore(this IServiceCollection services) => services
        .AddSingleton<RangePlanner>()
        .AddSingleton<ChangeApplier>()
        .AddSingleton<IndexVerifier>()
        .AddSingleton<SourceRowSets>()
        .AddSingleton<CabinetPurge>();
}

/// <summary>Registers what tells how runs and indexes stand.</summary>
public static class StatusServices
{
    /// <summary>Adds the readers of status, runs and figures, and the purge of old runs.</summary>
    public static IServiceCollection AddStatus(this IServiceCollection services) => services
        .AddSingleton<RunReader>()
        .AddSingleton<RunPurge>()
        .AddSingleton<IndexStatusReader>()
        .AddSingleton<CabinetOverview>()
        .AddSingleton<CabinetBoard>()
        .AddSingleton<CabinetDetailReader>()
        .AddSingleton<FailureReader>()
        .AddSingleton<RunHistory>()
        .AddSingleton<GenerationProgress>()
        .AddSingleton<IndexMetricsReader>();
}
