using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Polly;
using RagFunctions.Core.Databases;
using RagFunctions.Core.Marketplace.Cabinets;
using RagFunctions.Core.Marketplace.Client;
using RagFunctions.Core.Marketplace.Limits;
using RagFunctions.Core.Marketplace.Prices;
using RagFunctions.Core.Marketplace.Products;
using RagFunctions.Core.Marketplace.Reviews;
using RagFunctions.Core.Marketplace.Statistics;
using RagFunctions.Core.Marketplace.Stocks;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Core.Marketplace.Tokens;
using RagFunctions.Core.Runs;

namespace RagFunctions.Core.Marketplace;

/// <summary>Registers the marketplace sync.</summary>
public static class MarketplaceServices
{
    /// <summary>Adds the client, limits, cabinets and the sync, configured from <c>Marketplace:*</c>.</summary>
    public static IServiceCollection AddMarketplace(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<MarketplaceOptions>()
            .Bind(configuration.GetSection(MarketplaceOptions.Section))
            .ValidateDataAnnotations()
            .ValidateOnStart();

        services.AddSingleton<LimitStore>();
        services.AddTransient<LimitHandler>();
        AddHttp(services);
        services.AddSingleton<MarketplaceTransport>();
        services.AddSingleton(p => new StatisticsClient(Transport(p), Options(p)));
        services.AddSingleton(p => new StockClient(Transport(p), Options(p)));
        services.AddSingleton(p => new ContentClient(Transport(p), Options(p)));
        services.AddSingleton(p => new PriceClient(Transport(p), Options(p)));
        services.AddSingleton(p => new FeedbackClient(Transport(p), Options(p)));
        services.AddSingleton(p => new SellerClient(Transport(p), Options(p)));
        services.AddSingleton<SellerIdentity>();
        services.AddSingleton<TokenCipher>();
        services.AddSingleton<CabinetStore>();
        services.AddSingleton<CabinetRemoval>();
        services.AddSingleton<SyncCursorStore>();
        services.AddSingleton<SyncLogPurge>();
        services.AddSingleton<IEntitySteps, CardSync>();
        services.AddSingleton<IEntitySteps, PriceSync>();
        services.AddSingleton<IEntitySteps, StockSync>();
        services.AddSingleton<IEntitySteps, OrderSync>();
        services.AddSingleton<IEntitySteps, SaleSync>();
        services.AddSingleton<IEntitySteps, ReviewSync>();
        services.AddSingleton(p => new EntitySync(
            p.GetRequiredService<MainDatabase>(), p.GetRequiredService<CabinetStore>(), p.GetRequiredService<SyncCursorStore>(),
            p.GetServices<IEntitySteps>(), p.GetRequiredService<TimeProvider>(), p.GetRequiredService<WorkerClock>(),
            p.GetRequiredService<ILogger<EntitySync>>()));
        services.AddSingleton<SyncPlanner>();
        services.AddSingleton<SyncSteps>();
        return services;
    }

    private static void AddHttp(IServiceCollection services)
    {
        var client = services.AddHttpClient(MarketplaceTransport.ClientName)
            // The attempt's own timeout and the body's patience decide.
            .ConfigureHttpClient(http => http.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                // A redirect would be followed to an address that no setting names.
                AllowAutoRedirect = false,
                UseCookies = false,
                AutomaticDecompression = DecompressionMethods.All,
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            })
            .RedactLoggedHeaders(_ => true);
        client.AddResilienceHandler("marketplace", (pipeline, context) =>
        {
            var options = context.ServiceProvider.GetRequiredService<IOptions<MarketplaceOptions>>().Value;
            // Pauses between repetitions pass in real time: a scenario clock stands still meanwhile and would hold them for ever.
            pipeline.TimeProvider = TimeProvider.System;
            if (options.Retries > 0)
            {
                pipeline.AddRetry(new HttpRetryStrategyOptions
                {
                    MaxRetryAttempts = options.Retries,
                    Delay = TimeSpan.FromMilliseconds(options.RetryDelayMilliseconds),
                    BackoffType = DelayBackoffType.Exponential,
                    UseJitter = true,
                    ShouldRetryAfterHeader = false,
                    // 429 is not among them: it is an answer of the limiter, and every other 4xx stays what it is.
                    ShouldHandle = arguments => ValueTask.FromResult(IsTransient(arguments.Outcome)),
                });
            }

            pipeline.AddTimeout(TimeSpan.FromSeconds(options.TimeoutSeconds));
        });
        client.AddHttpMessageHandler<LimitHandler>();
    }

    private static bool IsTransient(Outcome<HttpResponseMessage> outcome) => outcome switch
    {
        { Exception: HttpRequestException or Polly.Timeout.TimeoutRejectedException } => true,
        { Result.StatusCode: >= HttpStatusCode.InternalServerError or HttpStatusCode.RequestTimeout } => true,
        _ => false,
    };

    private static MarketplaceTransport Transport(IServiceProvider provider) => provider.GetRequiredService<MarketplaceTransport>();

    private static IOptions<MarketplaceOptions> Options(IServiceProvider provider) => provider.GetRequiredService<IOptions<MarketplaceOptions>>();
}
