namespace RagFunctions.Core.Marketplace.Client;

/// <summary>Whose account it is.</summary>
public sealed record SellerInfo(string SellerId, string? Name, string? TradeMark);
