using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Api;
using RagFunctions.Core.Runs;
using RagFunctions.Index;

namespace RagFunctions;

/// <summary>Registers what the functions themselves need; both hosts call it, after <c>AddRagCore</c>.</summary>
public static class RagFunctionsServices
{
    /// <summary>Adds the API's keys and gate, and the starter of runs. Options are validated at start.</summary>
    public static IServiceCollection AddRagFunctions(this IServiceCollection services)
    {
        services.AddOptions<ApiKeysOptions>().BindConfiguration(ApiKeysOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services
            .AddSingleton<ApiKeyRing>()
            .AddSingleton<ApiGate>()
            .AddSingleton<IFunctionsWorkerMiddleware>(provider => provider.GetRequiredService<ApiGate>())
            .AddSingleton<DurableRunStarter>()
            .AddSingleton<IRunStarter>(provider => provider.GetRequiredService<DurableRunStarter>());
    }
}
