namespace RagFunctions.Core.Marketplace.Client.Wire;

internal sealed class StockAnswer
{
    public StockData? Data { get; set; }

    internal sealed class StockData
    {
        public List<Item>? Items { get; set; }
    }

    internal sealed class Item
    {
        public long? NmId { get; set; }
        public ulong? ChrtId { get; set; }
        public long? WarehouseId { get; set; }
        public string? WarehouseName { get; set; }
        public long? Quantity { get; set; }
        public long? InWayToClient { get; set; }
        public long? InWayFromClient { get; set; }
    }
}
