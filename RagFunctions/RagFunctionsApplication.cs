using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using RagFunctions.Api;
using RagFunctions.Api.OpenApi;
using RagFunctions.Core;
using RagFunctions.Core.Runs;
using RagFunctions.Dashboard;
using RagFunctions.Index;

namespace RagFunctions;

/// <summary>The app as it is built by the worker process on Azure and by the local host.</summary>
public static class RagFunctionsApplication
{
    /// <summary>Everything the app consists of; what a caller registers afterwards stands above it. Options are validated at start.</summary>
    /// <param name="args">The command line; Functions' host gives the address of its gRPC server there.</param>
    /// <param name="settings">Settings that stand above those of the environment.</param>
    public static FunctionsApplicationBuilder CreateBuilder(string[] args, IConfiguration? settings = null)
    {
        var builder = FunctionsApplication.CreateBuilder(args);
        builder.ConfigureFunctionsWebApplication();
        if (settings is not null)
        {
            builder.Configuration.AddConfiguration(settings);
        }

        // The line above sets the request, so the gate comes after it. Only for HTTP triggers: asynchronous work in a middleware fails
        // every orchestrator.
        builder.UseWhen<ApiGate>(context => context.FunctionDefinition.InputBindings.Values
            .Any(binding => string.Equals(binding.Type, "httpTrigger", StringComparison.OrdinalIgnoreCase)));

        var services = builder.Services;
        services.AddRagCore(builder.Configuration);
        services.AddOpenTelemetry().UseFunctionsWorkerDefaults();
        services.AddOptions<ApiKeysOptions>().BindConfiguration(ApiKeysOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<DashboardOptions>().BindConfiguration(DashboardOptions.Section).ValidateOnStart();
        McpEndpoint.Add(services);
        services
            .AddSingleton<ApiKeyRing>()
            .AddKeyedSingleton(DocsPages.Endpoints, (provider, _) => new LibraryEndpoints(provider, DocsPages.Map))
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<KeyRefusals>(provider, TimeProvider.System))
            .AddSingleton<DurableRunStarter>()
            .AddSingleton<IRunStarter>(provider => provider.GetRequiredService<DurableRunStarter>());
        return builder;
    }
}
