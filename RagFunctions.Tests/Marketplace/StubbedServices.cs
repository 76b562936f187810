using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RagFunctions.Core;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Marketplace;

/// <summary>The services as an application has them, pointed at a stub and a test's own clock.</summary>
internal static class StubbedServices
{
    public const string TokenKey = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

    public static ServiceProvider Build(
        DatabaseFixture database, string url, TimeProvider time, IDictionary<string, string?>? settings = null, ILoggerProvider? logs = null) =>
        Build(database.ConnectionString, url, time, settings, logs);

    public static ServiceProvider Build(
        string connection, string url, TimeProvider time, IDictionary<string, string?>? settings = null, ILoggerProvider? logs = null,
        Action<IServiceCollection>? replace = null)
    {
        Dictionary<string, string?> values = new()
        {
            ["ConnectionStrings:Main"] = connection,
            ["ConnectionStrings:Rag"] = connection,
            ["Marketplace:StatisticsUrl"] = url,
            ["Marketplace:AnalyticsUrl"] = url,
            ["Marketplace:ContentUrl"] = url,
            ["Marketplace:PricesUrl"] = url,
            ["Marketplace:FeedbacksUrl"] = url,
            ["Marketplace:CommonUrl"] = url,
            ["Marketplace:RetryDelayMilliseconds"] = "1",
            ["Marketplace:TokenKey"] = TokenKey,
        };
        foreach (var (name, value) in settings ?? new Dictionary<string, string?>())
        {
            values[name] = value;
        }

        var services = new ServiceCollection();
        services.AddLogging(builder =>
        {
            if (logs is not null)
            {
                builder.SetMinimumLevel(LogLevel.Trace).AddProvider(logs);
            }
        });
        services.AddRagCore(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
        services.AddSingleton(time);
        replace?.Invoke(services);
        return services.BuildServiceProvider();
    }
}
