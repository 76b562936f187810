namespace RagFunctions.Core.Marketplace.Client;

/// <summary>A card of the catalogue, or of the trash.</summary>
public sealed record CardAnswer(
    long NmId, string? Title, string? VendorCode, string? Brand, string? Category, string? ImageUrl, IReadOnlyList<CardSize> Sizes);
