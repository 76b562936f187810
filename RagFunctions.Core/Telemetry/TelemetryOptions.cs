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
}
