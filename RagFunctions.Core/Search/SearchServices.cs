using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace RagFunctions.Core.Search;

/// <summary>Registers the search.</summary>
public static class SearchServices
{
    /// <summary>Adds the search; it needs the embedder. Options are checked at start.</summary>
    public static IServiceCollection AddSearch(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<SearchOptions>().Bind(configuration.GetSection(SearchOptions.Section)).ValidateOnStart();
        services.AddSingleton<IValidateOptions<SearchOptions>, SearchOptionsValidator>();
        return services.AddSingleton<QuestionVectors>().AddSingleton<IndexSearch>().AddSingleton<SearchTables>();
    }
}
