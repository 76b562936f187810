namespace RagFunctions.Core.Marketplace.Cabinets;

/// <summary>An operation on a cabinet is not possible; the message is for the person who asked and carries no secret.</summary>
public sealed class CabinetException(string message) : Exception(message);
