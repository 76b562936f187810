namespace RagFunctions.Core.Marketplace.Client;

/// <summary>Where the next page of cards (or of the trash) begins; given back exactly as it came.</summary>
public sealed record CardCursor(string? At, long? NmId);
