namespace RagFunctions.Core.Telemetry;

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
