namespace RagFunctions.Tests.Telemetry;

/// <summary>Everything of <see cref="AlertConditions"/>, one after another, as Azure Monitor receives it.</summary>
public sealed class RecordedConditions : IAsyncLifetime
{
    private readonly Dictionary<string, MonitorTables> _tables = [];

    /// <summary>Everything received, as it came.</summary>
    internal string Received { get; private set; } = "";

    internal MonitorTables All => MonitorTables.Union(_tables.Values);

    internal MonitorTables Of(string condition) => _tables[condition];

    public async ValueTask InitializeAsync()
    {
        foreach (var (name, happen) in AlertConditions.Provoked.Concat(AlertConditions.Harmless))
        {
            await using var ingestion = await MonitorIngestion.StartAsync();
            await happen(ingestion);
            _tables.Add(name, ingestion.Tables());
            Received += ingestion.Received;
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
