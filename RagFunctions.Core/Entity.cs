namespace RagFunctions.Core;

/// <summary>
/// What a source row is. The closed list of source tables: nothing outside it is ever read, queued or indexed.
/// </summary>
public enum Entity
{
    /// <summary>Catalogue cards, <c>wb_products</c>. First, because the other four print the catalogue's name.</summary>
    Products,

    /// <summary>Orders, <c>wb_orders</c>.</summary>
    Orders,

    /// <summary>Stock per article, size and warehouse, <c>wb_stocks</c>.</summary>
    Stocks,

    /// <summary>Buyers' reviews, <c>wb_reviews</c>.</summary>
    Reviews,

    /// <summary>Buyouts and returns, <c>wb_sales</c>.</summary>
    Sales,
}
