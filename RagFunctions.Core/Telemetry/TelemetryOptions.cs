using System.ComponentModel.DataAnnotations;

namespace RagFunctions.Core.Telemetry;

/// <summary>Where telemetry goes.</summary>
public sealed class TelemetryOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Telemetry";

    /// <summary>The setting that the platform and Azure Monitor's exporter share.</summary>
    public const string ConnectionStringSetting = "APPLICATIONINSIGHTS_CONNECTION_STRING";

    /// <summary><c>none</c>, <c>console</c>, <c>otlp</c> or <c>azuremonitor</c>.</summary>
    public TelemetryExporter Exporter { get; set; }

    /// <summary>The part of the traces that Azure Monitor is sent, 0…1. Metrics and log lines are always sent.</summary>
    [Range(0d, 1d, ErrorMessage = "Telemetry:SamplingRatio must be between 0 and 1.")]
    public double SamplingRatio { get; set; } = 1;
}

/// <summary>Where spans, metrics and logs are sent.</summary>
public enum TelemetryExporter
{
    /// <summary>Nowhere; listeners inside the process still see them.</summary>
    None = 0,

    /// <summary>Standard output.</summary>
    Console = 1,

    /// <summary>An OpenTelemetry collector, named by the standard variables <c>OTEL_EXPORTER_OTLP_*</c>.</summary>
    Otlp = 2,

    /// <summary>Azure Monitor: <c>APPLICATIONINSIGHTS_CONNECTION_STRING</c>, signed in with Entra.</summary>
    AzureMonitor = 3,
}
