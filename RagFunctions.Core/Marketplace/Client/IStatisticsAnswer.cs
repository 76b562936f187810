namespace RagFunctions.Core.Marketplace.Client;

/// <summary>What paging needs of an order or a sale.</summary>
public interface IStatisticsAnswer
{
    /// <summary>The row's identity at the marketplace.</summary>
    string Key { get; }

    /// <summary>The cursor.</summary>
    DateTimeOffset LastChange { get; }
}
