namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

/// <summary>A row of a stock report: one size in one warehouse, in pieces.</summary>
/// <param name="NmId">The article.</param>
/// <param name="Size">The size.</param>
/// <param name="WarehouseId">-999999 = the marketplace's warehouses, merged.</param>
/// <param name="Warehouse">The warehouse's name.</param>
/// <param name="Region">Where it stands.</param>
/// <param name="Quantity">Pieces that can be ordered.</param>
/// <param name="InWayToClient">Pieces on their way to buyers; 0 in the seller's warehouses.</param>
/// <param name="InWayFromClient">Pieces on their way back; 0 in the seller's warehouses.</param>
public sealed record ShopStock(
    long NmId, ShopSize Size, long WarehouseId, string Warehouse, string Region, int Quantity, int InWayToClient, int InWayFromClient);
