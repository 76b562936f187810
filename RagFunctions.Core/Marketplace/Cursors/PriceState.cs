namespace RagFunctions.Core.Marketplace.Cursors;

/// <summary>The next page of prices.</summary>
internal sealed record PriceState
{
    public int Offset { get; init; }
}
