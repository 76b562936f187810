namespace RagFunctions.Dev.Fakes.Marketplace;

/// <summary>The hosts of the API; each has an address of its own.</summary>
public enum MarketplaceHost
{
    /// <summary>Orders, sales and returns.</summary>
    Statistics,

    /// <summary>Stock reports (<c>seller-analytics-api</c>).</summary>
    Analytics,

    /// <summary>Cards.</summary>
    Content,

    /// <summary>Prices (<c>discounts-prices-api</c>).</summary>
    Prices,

    /// <summary>Reviews.</summary>
    Feedbacks,

    /// <summary>Claims.</summary>
    Returns,

    /// <summary>Who the seller is.</summary>
    Common,

    /// <summary>The seller's own warehouses.</summary>
    Marketplace,
}
