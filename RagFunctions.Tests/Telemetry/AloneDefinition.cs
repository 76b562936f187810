namespace RagFunctions.Tests.Telemetry;

/// <summary>Meters and sources of spans belong to the process: what other tests do at the same time would be recorded too.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneDefinition : ICollectionFixture<RecordedConditions>
{
    public const string Name = "recorded telemetry";
}
