namespace RagFunctions.AllCabinets;

/// <summary>Asks for the next cabinets in the order of their ids.</summary>
/// <param name="After">Behind this id.</param>
/// <param name="Limit">At most so many.</param>
/// <param name="Since">Leaves out those with a full run that began at or after this instant.</param>
public sealed record NextCabinetsInput(long After, int Limit, DateTimeOffset? Since = null);
