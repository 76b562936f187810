namespace RagFunctions.Core.Marketplace.Client;

/// <summary>The marketplace answered, but not as it promises: a required field is missing or unreadable.</summary>
public sealed class MarketplaceFormatException(string field, string problem)
    : Exception($"The marketplace's answer breaks its contract: {field} {problem}.")
{
    /// <summary>The field, with its place in the answer: <c>orders[3].srid</c>.</summary>
    public string Field { get; } = field;
}
