namespace RagFunctions.Core.Marketplace.Client.Wire;

internal sealed class RemainsRow
{
    public long? NmId { get; set; }
    public string? Barcode { get; set; }
    public string? TechSize { get; set; }
    public List<Warehouse>? Warehouses { get; set; }

    internal sealed class Warehouse
    {
        public string? WarehouseName { get; set; }
        public long? Quantity { get; set; }
    }
}
