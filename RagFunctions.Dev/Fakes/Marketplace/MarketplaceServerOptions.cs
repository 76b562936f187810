namespace RagFunctions.Dev.Fakes.Marketplace;

/// <summary>How the server answers.</summary>
public sealed record MarketplaceServerOptions
{
    /// <summary>The clock of limits, token expiry and task reports.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Rows after which an answer of orders or sales is cut.</summary>
    public int StatisticsRows { get; init; } = 80_000;

    /// <summary>How long a task report is prepared.</summary>
    public TimeSpan RemainsTime { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a prepared report can be fetched.</summary>
    public TimeSpan RemainsLife { get; init; } = TimeSpan.FromHours(2);

    /// <summary>False: answers carry no <c>X-Ratelimit-*</c>; their presence on every method of the marketplace is not known.</summary>
    public bool LimitHeaders { get; init; } = true;

    /// <summary>False: limits are counted and recorded, but nothing is refused.</summary>
    public bool EnforcesLimits { get; init; } = true;
}
