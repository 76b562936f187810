using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Dev.Fakes.Marketplace;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Marketplace;

/// <summary>The services as an application has them, pointed at the marketplace fake's hosts.</summary>
internal static class FakeMarketplaceHost
{
    public static ServiceProvider Build(
        DatabaseFixture database, MarketplaceServer server, TimeProvider time, params ReadOnlySpan<(string Name, int Value)> settings) =>
        Build(database.ConnectionString, server, time, settings);

    public static ServiceProvider Build(
        string connection, MarketplaceServer server, TimeProvider time, params ReadOnlySpan<(string Name, int Value)> settings)
    {
        var all = Addresses(server);
        foreach (var (name, value) in settings)
        {
            all[$"Marketplace:{name}"] = value.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        return StubbedServices.Build(connection, "https://nowhere.invalid", time, all);
    }

    /// <summary>The settings that lead to the fake.</summary>
    public static Dictionary<string, string?> Addresses(MarketplaceServer server)
    {
        return new()
        {
            ["Marketplace:StatisticsUrl"] = Of(MarketplaceHost.Statistics),
            ["Marketplace:AnalyticsUrl"] = Of(MarketplaceHost.Analytics),
            ["Marketplace:ContentUrl"] = Of(MarketplaceHost.Content),
            ["Marketplace:PricesUrl"] = Of(MarketplaceHost.Prices),
            ["Marketplace:FeedbacksUrl"] = Of(MarketplaceHost.Feedbacks),
            ["Marketplace:CommonUrl"] = Of(MarketplaceHost.Common),
        };

        string Of(MarketplaceHost host) => server.Address(host).ToString().TrimEnd('/');
    }
}
