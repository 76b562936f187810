namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>Asks what a cabinet's sync has to do.</summary>
/// <param name="CabinetId">The cabinet.</param>
/// <param name="AskedAt">When a person asked for everything; null = what is due.</param>
public sealed record SyncPlanInput(long CabinetId, DateTimeOffset? AskedAt = null);
