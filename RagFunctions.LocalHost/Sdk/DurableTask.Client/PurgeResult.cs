namespace Microsoft.DurableTask.Client;

/// <summary>What a purge removed.</summary>
public class PurgeResult(int count)
{
    public int PurgedInstanceCount { get; } = count;
}
