namespace RagFunctions.Sync;

/// <summary>Where a sync is: the orchestration's custom status.</summary>
/// <param name="Phase"><c>plan</c>, <c>sync</c>, <c>wait</c> (everything open waits for a limit) or <c>ended</c>.</param>
/// <param name="Done">Entities that are through.</param>
/// <param name="Total">Entities planned.</param>
public sealed record SyncProgress(string Phase, int Done, int Total);
