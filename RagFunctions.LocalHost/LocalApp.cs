using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core;

namespace RagFunctions.LocalHost;

/// <summary>The app's own functions and services on the local host.</summary>
public static class LocalApp
{
    // On Azure these are app settings; here they hold where nothing else is set.
    private static readonly Dictionary<string, string?> Defaults = new()
    {
        ["SyncSchedule"] = "0 */15 * * * *",
        ["SweepSchedule"] = "0 * * * * *",
        ["WeeklyRebuildSchedule"] = "0 0 3 * * 0",
        ["PurgeHistorySchedule"] = "0 30 2 * * *",
    };

    /// <summary>Builds the host of the app.</summary>
    /// <param name="configuration">The app's settings, and <c>LocalHost:*</c>.</param>
    /// <param name="replace">Registers last: a stepped clock, databases of a test.</param>
    public static WebApplication Build(IConfiguration configuration, Action<IServiceCollection>? replace = null)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(Defaults).AddConfiguration(configuration).Build();
        return LocalFunctionsHost.Build(settings, typeof(RagFunctionsServices).Assembly.GetExportedTypes(), (services, all) =>
        {
            services.AddRagCore(all).AddRagFunctions();
            replace?.Invoke(services);
        });
    }
}
