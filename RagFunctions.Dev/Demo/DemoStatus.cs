namespace RagFunctions.Dev.Demo;

/// <summary>What the demo watches of a cabinet's status, as the HTTP API tells it.</summary>
internal sealed record DemoStatus(
    string? IndexingStatus, string? Outcome, string? RequestedMode, long TotalChunks, long Pending, long Failed, long Queued, double LagSeconds,
    string ChangeSource)
{
    /// <summary>Nothing waits and nothing failed.</summary>
    public bool IsSettled => (RequestedMode, Pending, Failed, Queued) == (null, 0, 0, 0);
}
