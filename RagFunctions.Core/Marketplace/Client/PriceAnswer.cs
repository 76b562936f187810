namespace RagFunctions.Core.Marketplace.Client;

/// <summary>The price of an article in its currency: that of its cheapest size, as the shop shows it.</summary>
public sealed record PriceAnswer(long NmId, decimal? Price, decimal? DiscountedPrice);
