using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Leases;
using RagFunctions.Core.Runs.Sweep;

namespace RagFunctions.Core.Runs;

/// <summary>Registers what runs are made of. <see cref="IRunStarter"/> is the app's, or the command line's own.</summary>
public static class RunsServices
{
    /// <summary>Adds the services of runs, configured from <c>Runs:*</c>.</summary>
    public static IServiceCollection AddRuns(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<RunsOptions>()
            .Bind(configuration.GetSection(RunsOptions.Section))
            .ValidateDataAnnotations()
            .ValidateOnStart();
        return services
            .AddSingleton<SourceFactsReader>()
            .AddSingleton<FirstSync>()
            .AddSingleton<WorkerClock>()
            .AddSingleton<RoundLease>()
            .AddSingleton<RoundExpiry>()
            .AddSingleton<CatchUpQueue>()
            .AddSingleton<CabinetActivity>()
            .AddSingleton<RefusalBooking>()
            .AddSingleton<RoundBeginner>()
            .AddSingleton<RoundBooking>()
            .AddSingleton<IRunVerifier, RunVerifier>()
            .AddSingleton<RoundFinisher>()
            .AddSingleton<IRunSteps, RunSteps>()
            .AddSingleton<InProcessDriver>()
            .AddSingleton<IndexRequests>()
            .AddSingleton<StartIndex>()
            .AddSingleton<SweepQuery>()
            .AddSingleton<CabinetSweep>()
            .AddSingleton<CabinetDirectory>()
            .AddSingleton<RebuildAllRecord>();
    }
}
