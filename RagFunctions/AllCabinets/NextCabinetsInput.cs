namespace RagFunctions.AllCabinets;

/// <summary>Asks for the next cabinets in the order of their ids.</summary>
/// <param name="After">Behind this id.</param>
/// <param name="Limit">At most so many.</param>
public sealed record NextCabinetsInput(long After, int Limit);
