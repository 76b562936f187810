using Npgsql;
using RagFunctions.Dev.Fakes.Marketplace;
using RagFunctions.Dev.Fakes.Marketplace.Shops;
using RagFunctions.Dev.Fakes.Marketplace.Tokens;

namespace RagFunctions.Dev.Bench.Sync;

/// <summary>A shop with a given number of orders behind a marketplace that makes nobody wait.</summary>
internal sealed class BenchShop : IAsyncDisposable
{
    // Inside the marketplace's 90 days, so that no order leaves them while a measurement runs.
    private const double Days = 80;

    private readonly MarketplaceServer _server;
    private readonly Shop _shop;

    private BenchShop(MarketplaceServer server, Shop shop)
    {
        (_server, _shop) = (server, shop);
        Orders = shop.Orders.Count;
        server.Add(shop);
    }

    /// <summary>Its orders; a little more or less than asked for, because buyers come by chance.</summary>
    public int Orders { get; }

    /// <summary>Requests received since the last look.</summary>
    public int TakeRequests()
    {
        var count = _server.Requests.Count;
        _server.ForgetRequests();
        return count;
    }

    /// <summary>Where the sync finds it.</summary>
    public Uri Statistics => _server.Address(MarketplaceHost.Statistics);

    /// <summary>Lets a shop live for eighty days and opens the marketplace.</summary>
    public static async Task<BenchShop> StartAsync(int orders)
    {
        var shop = new Shop(new ShopOptions
        {
            Start = DateTimeOffset.UtcNow,
            HistoryDays = Days,
            Products = Math.Max(10, orders / 100),
            OrdersPerHour = orders / Days / 24,
            Refresh = TimeSpan.Zero,
        });
        var server = await MarketplaceServer.StartAsync(new MarketplaceServerOptions { EnforcesLimits = false, LimitHeaders = false });
        return new BenchShop(server, shop);
    }

    /// <summary>A cabinet of this shop that was never synchronised; every call makes another.</summary>
    public async Task<long> AddCabinetAsync(NpgsqlDataSource main, CancellationToken ct)
    {
        await using var command = main.CreateCommand("INSERT INTO wb_cabinets (api_key, name, is_active) VALUES ($1, $2, true) RETURNING id");
        command.Parameters.Add(new() { Value = Token() });
        command.Parameters.Add(new() { Value = _shop.Options.Name });
        return (long)(await command.ExecuteScalarAsync(ct))!;
    }

    /// <summary>Fetches every page once without looking into it: what the marketplace itself costs.</summary>
    public async Task FetchAsync(CancellationToken ct)
    {
        using var http = new HttpClient();
        http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", Token());
        foreach (var from in (DateTimeOffset[])[_shop.Now.AddDays(-Days), _shop.Orders.Skip(79_999).FirstOrDefault()?.LastChange ?? _shop.Now])
        {
            var moscow = Uri.EscapeDataString(from.ToOffset(TimeSpan.FromHours(3)).ToString("s", System.Globalization.CultureInfo.InvariantCulture));
            using var answer = await http.GetAsync(new Uri(Statistics, $"/api/v1/supplier/orders?dateFrom={moscow}"), ct);
            answer.EnsureSuccessStatusCode();
        }

        _server.ForgetRequests();
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private string Token() => MarketplaceTokens.Create(_shop.SellerId, TokenType.Personal, TokenScopes.Sync, _shop.Now.AddDays(180));
}
