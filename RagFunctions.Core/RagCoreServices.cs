using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Marketplace;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Search;
using RagFunctions.Core.Store;

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

        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new MainDatabase(Build(provider.GetRequiredService<IOptions<ConnectionStringsOptions>>().Value.Main)));
        services.AddSingleton(provider => new RagDatabase(Build(provider.GetRequiredService<IOptions<ConnectionStringsOptions>>().Value.Rag, vectors: true)));
        services.AddChanges();
        services.AddStore();
        services.AddEmbeddings(configuration);
        services.AddRuns(configuration);
        services.AddMarketplace(configuration);
        services.AddSearch();
        return services;
    }

    private static NpgsqlDataSource Build(string connectionString, bool vectors = false)
    {
        var builder = new NpgsqlDataSourceBuilder(connectionString);
        if (vectors)
        {
            builder.UseVector();
        }

        return builder.Build();
    }
}
