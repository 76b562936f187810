namespace RagFunctions.AllCabinets;

/// <summary>The activities that differ between what all cabinets may be started for.</summary>
/// <param name="Start">Starts one; takes <see cref="StartCabinetInput"/>, answers whether it did.</param>
/// <param name="Busy">Of some cabinets, those still at work.</param>
/// <param name="IsRecorded">Begin and end are noted in the index database.</param>
internal sealed record AllCabinetsSteps(string Start, string Busy, bool IsRecorded = false);
