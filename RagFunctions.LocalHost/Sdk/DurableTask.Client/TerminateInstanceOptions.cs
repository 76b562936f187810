namespace Microsoft.DurableTask.Client;

/// <summary>How an instance is terminated.</summary>
public record class TerminateInstanceOptions(object? Output = null, bool Recursive = false);
