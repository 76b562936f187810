namespace RagFunctions.Core.Marketplace.Client;

/// <summary>One size of an article in one warehouse, in pieces.</summary>
/// <remarks>
/// <c>ChrtId</c>: The size's id; null where the report gives only <c>Barcode</c> and <c>Size</c>.
/// <c>WarehouseId</c>: Null where the report gives only names; -999999 while the marketplace merges its warehouses.
/// </remarks>
public sealed record StockLine(
    long NmId, ulong? ChrtId, string? Barcode, string? Size, long? WarehouseId, string WarehouseName, int Quantity, int InWayToClient,
    int InWayFromClient);
