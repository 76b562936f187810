using RagFunctions.Core.Runs;

namespace RagFunctions.AllCabinets;

/// <summary>Asks for a run of a cabinet of at least a mode, or for its sync.</summary>
/// <param name="CabinetId">The cabinet.</param>
/// <param name="Mode">With a run: at least this.</param>
/// <param name="SyncAskedAt">With a sync: when it was asked for.</param>
public sealed record StartCabinetInput(long CabinetId, RunMode Mode, DateTimeOffset? SyncAskedAt = null);
