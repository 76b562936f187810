namespace Microsoft.DurableTask.Client;

/// <summary>How an instance is purged.</summary>
public record class PurgeInstanceOptions(bool Recursive = false);
