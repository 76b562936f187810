namespace RagFunctions.Sync;

/// <summary>How a sync ended: the orchestration's output.</summary>
/// <param name="CabinetId">The cabinet.</param>
/// <param name="StartedAt">When the first generation began.</param>
/// <param name="Entities">What was planned, in starting order.</param>
public sealed record SyncSummary(long CabinetId, DateTimeOffset? StartedAt, IReadOnlyList<SyncedEntity> Entities);
