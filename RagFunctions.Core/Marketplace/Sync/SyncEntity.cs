namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>What is synchronised by itself: own calls, own limits, own cursor, own result. In the order in which it is best started.</summary>
public enum SyncEntity
{
    /// <summary>Cards and the trash → <c>wb_products</c>, <c>wb_product_sizes</c>.</summary>
    Cards,

    /// <summary>Prices → <c>wb_products</c>.</summary>
    Prices,

    /// <summary>Stock reports → <c>wb_stocks</c>.</summary>
    Stocks,

    /// <summary>Orders → <c>wb_orders</c>.</summary>
    Orders,

    /// <summary>Sales and returns → <c>wb_sales</c>.</summary>
    Sales,

    /// <summary>Reviews → <c>wb_reviews</c>, and the ratings in <c>wb_products</c>.</summary>
    Reviews,
}
