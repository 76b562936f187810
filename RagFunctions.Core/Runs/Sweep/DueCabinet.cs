namespace RagFunctions.Core.Runs.Sweep;

/// <summary>A cabinet to start.</summary>
/// <param name="CabinetId">The tenant.</param>
/// <param name="Reason">Why.</param>
/// <param name="Mode">What the run will be, at least.</param>
public sealed record DueCabinet(long CabinetId, SweepReason Reason, RunMode Mode);
