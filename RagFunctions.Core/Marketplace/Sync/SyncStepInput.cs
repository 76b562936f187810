namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>Asks for the sync of one entity.</summary>
/// <param name="CabinetId">The cabinet.</param>
/// <param name="Entity">The entity.</param>
/// <param name="AskedAt">When a person asked for it; null = only if it is due.</param>
public sealed record SyncStepInput(long CabinetId, SyncEntity Entity, DateTimeOffset? AskedAt = null);
