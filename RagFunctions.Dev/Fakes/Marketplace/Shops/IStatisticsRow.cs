namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

/// <summary>A row of orders or sales.</summary>
public interface IStatisticsRow
{
    /// <summary>When it happened.</summary>
    DateTimeOffset At { get; }

    /// <summary>When the row got its present state.</summary>
    DateTimeOffset LastChange { get; }
}
