namespace Microsoft.DurableTask.Client;

/// <summary>Deduplication of starts.</summary>
public static class StartOrchestrationOptionsExtensions
{
    /// <summary>Starting fails where an instance of the id stands at one of these statuses.</summary>
    public static StartOrchestrationOptions WithDedupeStatuses(
        this StartOrchestrationOptions options, params OrchestrationRuntimeStatus[] dedupeStatuses) =>
        options with { DedupeStatuses = [.. dedupeStatuses.Select(status => status.ToString())] };
}
