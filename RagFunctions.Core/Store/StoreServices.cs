using Microsoft.Extensions.DependencyInjection;

namespace RagFunctions.Core.Store;

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
