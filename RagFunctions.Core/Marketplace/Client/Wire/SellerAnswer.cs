namespace RagFunctions.Core.Marketplace.Client.Wire;

internal sealed class SellerAnswer
{
    public string? Name { get; set; }
    public string? Sid { get; set; }
    public string? TradeMark { get; set; }
}
