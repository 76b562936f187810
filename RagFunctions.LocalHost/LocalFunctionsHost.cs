using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RagFunctions.LocalHost.Discovery;
using RagFunctions.LocalHost.Http;
using RagFunctions.LocalHost.Orchestrations;
using RagFunctions.LocalHost.Timers;

namespace RagFunctions.LocalHost;

/// <summary>
/// Runs function classes on this machine, without Core Tools, storage emulator or cloud. A development host: one process, loopback
/// only. It is stricter than Azure wherever it differs, so that it is never the reason why something works.
/// </summary>
public static class LocalFunctionsHost
{
    /// <summary>Builds the host; running, stopping and disposing it is the caller's.</summary>
    /// <param name="configuration">Settings of the app and of the host.</param>
    /// <param name="functions">The classes to look for functions in.</param>
    /// <param name="addApp">Registers the app's own services, the databases among them; runs last, so that it may replace any.</param>
    /// <exception cref="NotSupportedException">A function needs what the local host does not have.</exception>
    public static WebApplication Build(
        IConfiguration configuration, IEnumerable<Type> functions, Action<IServiceCollection, IConfiguration> addApp)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Configuration.AddConfiguration(configuration);
        // It would log every request's URL, and the management URLs carry their key.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.Warning);
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(
            IPAddress.Loopback, kestrel.ApplicationServices.GetRequiredService<IOptions<LocalHostOptions>>().Value.Port));

        var services = builder.Services;
        services.AddOptions<LocalHostOptions>().BindConfiguration(LocalHostOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        // For functions that answer with ASP.NET Core's action results.
        services.AddMvcCore();
        services.AddSingleton(new FunctionCatalog(functions)).AddSingleton<HistoryStore>().AddSingleton<OrchestrationExecutor>()
            .AddSingleton<ActivityDispatcher>().AddSingleton<OrchestrationRuntime>()
            .AddSingleton<DurableTaskClient, LocalDurableTaskClient>().AddSingleton<TimerStore>().AddSingleton<TimerService>()
            .AddSingleton<ManagementAddress>().AddSingleton<ManagementApi>().AddSingleton<HttpFunctions>()
            .AddHostedService<LocalHostService>();
        addApp(services, builder.Configuration);
        services.TryAddSingleton(TimeProvider.System);

        var app = builder.Build();
        app.Services.GetRequiredService<ManagementApi>().Map(app);
        app.Services.GetRequiredService<HttpFunctions>().Map(app);
        return app;
    }
}
