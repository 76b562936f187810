namespace Microsoft.DurableTask;

/// <summary>How an orchestration is started.</summary>
public record class StartOrchestrationOptions(string? InstanceId = null, DateTimeOffset? StartAt = null)
{
    public IReadOnlyList<string>? DedupeStatuses { get; init; }
}
