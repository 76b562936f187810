namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

/// <summary>A size of an article.</summary>
/// <param name="ChrtId">Its id in stocks and prices.</param>
/// <param name="TechSize">The seller's name of it; <c>0</c> = the article has no sizes.</param>
/// <param name="WbSize">The Russian size, or empty.</param>
/// <param name="Barcode">Its only barcode.</param>
/// <param name="PriceStep">Roubles above the article's price, where sizes have their own.</param>
public sealed record ShopSize(ulong ChrtId, string TechSize, string WbSize, string Barcode, int PriceStep);
