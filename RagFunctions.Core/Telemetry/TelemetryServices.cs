using Azure.Core;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using OpenTelemetry;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace RagFunctions.Core.Telemetry;

/// <summary>Registers spans, metrics and logs, and where they go.</summary>
public static class TelemetryServices
{
    // Npgsql's own spans and metrics follow the conventions for databases and contain no parameters.
    private const string Npgsql = "Npgsql";

    /// <summary>Adds them, configured from <c>Telemetry:*</c>.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSingleton<IndexGauges>();
        services.AddOptions<TelemetryOptions>().Bind(configuration.GetSection(TelemetryOptions.Section)).ValidateDataAnnotations().ValidateOnStart();
        // Receivers that do not fill in message templates get the finished text too.
        services.Configure<OpenTelemetryLoggerOptions>(logging => logging.IncludeFormattedMessage = true);

        var exporter = configuration.GetSection(TelemetryOptions.Section).Get<TelemetryOptions>()?.Exporter ?? TelemetryExporter.None;
        var telemetry = services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService("rag-functions"))
            .WithTracing(tracing => tracing.AddSource(RagTelemetry.Name).AddSource(Npgsql))
            .WithMetrics(metrics => metrics.AddMeter(RagTelemetry.Name).AddMeter(Npgsql));
        switch (exporter)
        {
            case TelemetryExporter.Console:
                telemetry.WithTracing(tracing => tracing.AddConsoleExporter()).WithMetrics(metrics => metrics.AddConsoleExporter());
                break;
            case TelemetryExporter.Otlp:
                telemetry.UseOtlpExporter().WithLogging();
                break;
            case TelemetryExporter.AzureMonitor:
                AddAzureMonitor(telemetry, configuration);
                break;
        }

        return services;
    }

    private static void AddAzureMonitor(OpenTelemetryBuilder telemetry, IConfiguration configuration)
    {
        telemetry.Services.AddOptions<AzureMonitorExporterOptions>().Configure<TokenCredential, IOptions<TelemetryOptions>>((options, credential, own) =>
        {
            options.ConnectionString = configuration[TelemetryOptions.ConnectionStringSetting];
            options.Credential = credential;
            // By default the exporter keeps five traces a second whatever the ratio says, and drops the log lines of all other traces.
            options.TracesPerSecond = null;
            options.SamplingRatio = (float)own.Value.SamplingRatio;
            options.EnableTraceBasedLogsSampler = false;
            // The Functions host has a live view of its own.
            options.EnableLiveMetrics = false;
        });
        telemetry
            .WithTracing(tracing => tracing.AddAzureMonitorTraceExporter())
            .WithMetrics(metrics => metrics.AddAzureMonitorMetricExporter())
            .WithLogging(logging => logging.AddAzureMonitorLogExporter());
    }
}
