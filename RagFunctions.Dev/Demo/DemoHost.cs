using System.Security.Cryptography;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using RagFunctions.Core.Marketplace.Cabinets;
using RagFunctions.Dev.LocalHost;

namespace RagFunctions.Dev.Demo;

/// <summary>The app on the local host, a cabinet of the demo's shop in it, and one clock for all.</summary>
internal sealed class DemoHost : IAsyncDisposable
{
    /// <summary>The operator's key of the HTTP API.</summary>
    public const string OperatorKey = "demo-operator-key";

    private const string ManagementKey = "demo-management-key";

    private readonly LocalFunctionsHost _host;
    private readonly HttpClient _http;

    private DemoHost(LocalFunctionsHost host, SteppedClock clock, long cabinetId)
    {
        (_host, CabinetId) = (host, cabinetId);
        Address = host.Address;
        _http = new HttpClient { BaseAddress = new Uri(Address) };
        _http.DefaultRequestHeaders.Add("X-API-KEY", OperatorKey);
        Api = new DemoApi(_http, cabinetId, ManagementKey);
        Pace = new DemoPace(Api, host, clock);
    }

    /// <summary>Where it serves.</summary>
    public string Address { get; }

    /// <summary>The shop's cabinet.</summary>
    public long CabinetId { get; }

    /// <summary>What it tells.</summary>
    public DemoApi Api { get; }

    /// <summary>How time goes on in it.</summary>
    public DemoPace Pace { get; }

    /// <summary>The app's services.</summary>
    public IServiceProvider Services => _host.Services;

    /// <summary>Registers the shop's token, which is stored encrypted, and starts serving.</summary>
    /// <param name="connectionString">A database with both schemas.</param>
    /// <param name="shop">The shop and its marketplace.</param>
    /// <param name="clock">The one clock.</param>
    /// <param name="port">The loopback port; 0 takes a free one.</param>
    /// <param name="cancellationToken">Stops starting.</param>
    public static async Task<DemoHost> StartAsync(
        string connectionString, DemoShop shop, SteppedClock clock, int port, CancellationToken cancellationToken)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(shop.Settings).AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:Main"] = connectionString,
            ["ConnectionStrings:Rag"] = connectionString,
            ["Embeddings:Provider"] = "offline",
            ["Marketplace:TokenKey"] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)),
            ["Api:Keys:0:Key"] = OperatorKey,
            ["LocalHost:Port"] = $"{port}",
            ["LocalHost:Key"] = ManagementKey,
            ["Logging:LogLevel:Default"] = "Warning",
        }).Build();
        var host = await LocalFunctionsHost.StartAsync(
            settings, services => services.Replace(ServiceDescriptor.Singleton<TimeProvider>(clock)), cancellationToken);
        try
        {
            var cabinetId = await host.Services.GetRequiredService<CabinetStore>().AddAsync(shop.Token, shop.Shop.Options.Name, seller: null, cancellationToken);
            return new DemoHost(host, clock, cabinetId);
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _host.DisposeAsync();
    }
}
