namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>A cabinet with entities whose time has come.</summary>
/// <param name="CabinetId">The cabinet.</param>
/// <param name="Entities">At least one, in starting order.</param>
public sealed record DueCabinet(long CabinetId, IReadOnlyList<SyncEntity> Entities);
