namespace RagFunctions.Core.Marketplace.Client.Wire;

internal sealed record StockRequest(int Limit, int Offset);
