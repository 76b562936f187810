using Microsoft.Extensions.DependencyInjection;

namespace RagFunctions.Core.Search;

/// <summary>Registers the search.</summary>
public static class SearchServices
{
    /// <summary>Adds the search; it needs the embedder.</summary>
    public static IServiceCollection AddSearch(this IServiceCollection services) => services.AddSingleton<VectorSearch>();
}
