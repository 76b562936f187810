namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>Asks for the run that indexes a sync's changes.</summary>
/// <param name="CabinetId">The cabinet.</param>
/// <param name="Changes">Rows changed, at least 1.</param>
public sealed record StartSyncedInput(long CabinetId, long Changes);
