using Microsoft.Extensions.DependencyInjection;

namespace RagFunctions.Core.Changes;

/// <summary>Registers the change queue.</summary>
public static class ChangesServices
{
    /// <summary>Adds <see cref="ChangeQueue"/>.</summary>
    public static IServiceCollection AddChanges(this IServiceCollection services) => services.AddSingleton<ChangeQueue>();
}
