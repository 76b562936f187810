using RagFunctions.Core.Runs;

namespace RagFunctions.AllCabinets;

/// <summary>Asks for a run of a cabinet of at least a mode.</summary>
public sealed record StartCabinetInput(long CabinetId, RunMode Mode);
