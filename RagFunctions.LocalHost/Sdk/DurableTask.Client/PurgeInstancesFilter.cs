namespace Microsoft.DurableTask.Client;

/// <summary>Which instances a purge removes.</summary>
public record class PurgeInstancesFilter(
    DateTimeOffset? CreatedFrom = null,
    DateTimeOffset? CreatedTo = null,
    IEnumerable<OrchestrationRuntimeStatus>? Statuses = null);
