namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>What came of a step.</summary>
/// <param name="Result">The entity's own result.</param>
/// <param name="Changes">
/// Rows worth an index run: those this step changed, or, where it changed none because another delivery of it did, those that are queued.
/// </param>
public sealed record SyncStepResult(EntitySyncResult Result, long Changes);
