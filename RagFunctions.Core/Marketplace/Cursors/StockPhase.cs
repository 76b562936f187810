namespace RagFunctions.Core.Marketplace.Cursors;

/// <summary>Steps of a stock snapshot. 0 = none is under way.</summary>
internal enum StockPhase
{
    None,
    Marketplace,
    Seller,
    Task,
}
