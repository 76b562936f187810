namespace RagFunctions.Core.Marketplace.Client.Wire;

/// <summary>A row of orders, sales or returns as it travels; everything may be missing until checked.</summary>
internal sealed class StatisticsRow
{
    public string? Date { get; set; }
    public string? LastChangeDate { get; set; }
    public string? WarehouseName { get; set; }
    public string? WarehouseType { get; set; }
    public string? RegionName { get; set; }
    public string? SupplierArticle { get; set; }
    public long? NmId { get; set; }
    public string? Barcode { get; set; }
    public string? Category { get; set; }
    public string? Subject { get; set; }
    public string? Brand { get; set; }
    public string? TechSize { get; set; }
    public decimal? TotalPrice { get; set; }
    public decimal? DiscountPercent { get; set; }
    public decimal? Spp { get; set; }
    public decimal? FinishedPrice { get; set; }
    public decimal? PriceWithDisc { get; set; }
    public bool? IsCancel { get; set; }
    public string? CancelDate { get; set; }
    public string? GNumber { get; set; }
    public string? Srid { get; set; }
    public decimal? ForPay { get; set; }
    public decimal? PaymentSaleAmount { get; set; }

    [System.Text.Json.Serialization.JsonPropertyName("saleID")]
    public string? SaleId { get; set; }
}
