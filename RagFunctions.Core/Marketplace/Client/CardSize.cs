namespace RagFunctions.Core.Marketplace.Client;

/// <summary>A size of a card; one without an id cannot be joined to stock and is left out.</summary>
public sealed record CardSize(ulong ChrtId, string? TechSize, string? WbSize, IReadOnlyList<string> Barcodes);
