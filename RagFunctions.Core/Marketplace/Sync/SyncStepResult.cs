namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>What came of a step.</summary>
/// <param name="Result">The entity's own result.</param>
/// <param name="Changes">
/// Rows worth an index run: those this step changed, or, where it changed none because another delivery of it did, those that are queued.
/// </param>
/// <param name="Wait">
/// How long to wait before the next step of this entity; null = none follows in this sync. A length and not an instant: an orchestrator waits by
/// another clock than the limits run by.
/// </param>
public sealed record SyncStepResult(EntitySyncResult Result, long Changes, TimeSpan? Wait = null);
