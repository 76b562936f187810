namespace RagFunctions.Core.Marketplace.Writers;

/// <summary>Which report a stock row comes from; each is a full snapshot of its own.</summary>
internal enum StockSource
{
    /// <summary>The marketplace's warehouses, by report or by task.</summary>
    Marketplace,

    /// <summary>The seller's own warehouses.</summary>
    Seller,
}
