namespace RagFunctions.Core.Marketplace.Limits;

/// <summary>The calls the sync makes.</summary>
public enum MarketplaceMethod
{
    Orders,
    Sales,
    WarehouseStocks,
    SellerStocks,
    RemainsCreate,
    RemainsStatus,
    RemainsDownload,
    Cards,
    CardTrash,
    Prices,
    Feedbacks,
    FeedbackArchive,
    SellerInfo,
}
