using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RagFunctions.Dev.Fakes.Marketplace.Answers;
using RagFunctions.Dev.Fakes.Marketplace.Faults;
using RagFunctions.Dev.Fakes.Marketplace.Shops;
using RagFunctions.Dev.Fakes.Marketplace.Tokens;

namespace RagFunctions.Dev.Fakes.Marketplace;

/// <summary>
/// The marketplace on 127.0.0.1: every host of the API on a port of its own, the sellers' shops behind them. It keeps to the written
/// rules (tokens, categories, limits, paging), misbehaves on demand and remembers every request.
/// </summary>
public sealed class MarketplaceServer : IAsyncDisposable
{
    private static readonly MarketplaceHost[] Hosts = Enum.GetValues<MarketplaceHost>();

    private readonly WebApplication _app;
    private readonly Gate _gate;
    private readonly AnswerSender _sender;
    private readonly ConcurrentDictionary<Guid, Shop> _shops = new();
    private readonly ConcurrentDictionary<string, bool> _revoked = new();
    private readonly ConcurrentQueue<MarketplaceRequest> _requests = new();
    private readonly Dictionary<int, MarketplaceHost> _hostOfPort = [];

    private MarketplaceServer(MarketplaceServerOptions options)
    {
        Options = options;
        _gate = new Gate(options, _shops, _revoked);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            foreach (var _ in Hosts)
            {
                kestrel.Listen(IPAddress.Loopback, 0);
            }
        });
        _app = builder.Build();
        _sender = new AnswerSender(_app.Lifetime.ApplicationStopping);
        _app.Run(AnswerAsync);
    }

    /// <summary>How it answers.</summary>
    public MarketplaceServerOptions Options { get; }

    /// <summary>Which answers go wrong.</summary>
    public FaultPlan Faults { get; } = new();

    /// <summary>Awaited with every request before it is answered: a test can hold it, or change the world meanwhile.</summary>
    public Func<MarketplaceRequest, Task>? BeforeAnswer { get; set; }

    /// <summary>What was received, in the order of answering.</summary>
    public IReadOnlyList<MarketplaceRequest> Requests => [.. _requests];

    /// <summary>The requests that met an empty bucket.</summary>
    public IReadOnlyList<MarketplaceRequest> ExceededLimits => [.. _requests.Where(request => request.ExceededLimit)];

    /// <summary>The requests that a rule refused (4xx that nobody scripted): wrong tokens, wrong parameters, exceeded limits.</summary>
    public IReadOnlyList<MarketplaceRequest> Violations =>
        [.. _requests.Where(request => request is { Fault: null, Status: >= 400 and < 500 })];

    /// <summary>Starts a server.</summary>
    public static async Task<MarketplaceServer> StartAsync(MarketplaceServerOptions? options = null)
    {
        var server = new MarketplaceServer(options ?? new MarketplaceServerOptions());
        await server._app.StartAsync();
        foreach (var (host, address) in Hosts.Zip(server._app.Urls))
        {
            server._hostOfPort.Add(new Uri(address).Port, host);
        }

        return server;
    }

    /// <summary>The address of a host, without a path.</summary>
    public Uri Address(MarketplaceHost host) => new($"http://127.0.0.1:{_hostOfPort.Single(port => port.Value == host).Key}");

    /// <summary>The app's settings that lead here.</summary>
    public IEnumerable<KeyValuePair<string, string?>> Settings =>
    [
        Setting("StatisticsUrl", MarketplaceHost.Statistics), Setting("AnalyticsUrl", MarketplaceHost.Analytics),
        Setting("ContentUrl", MarketplaceHost.Content), Setting("PricesUrl", MarketplaceHost.Prices),
        Setting("FeedbacksUrl", MarketplaceHost.Feedbacks), Setting("CommonUrl", MarketplaceHost.Common),
    ];

    /// <summary>Opens a shop's account: tokens of its seller are known from now on.</summary>
    public void Add(Shop shop) => _shops[shop.SellerId] = shop;

    /// <summary>A token is answered with 401 from now on.</summary>
    public void Revoke(string token) => _revoked[token] = true;

    /// <summary>All shops live up to an instant.</summary>
    public void AdvanceShopsTo(DateTimeOffset instant)
    {
        foreach (var shop in _shops.Values)
        {
            shop.AdvanceTo(instant);
        }
    }

    /// <summary>Forgets what was received.</summary>
    public void ForgetRequests() => _requests.Clear();

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private KeyValuePair<string, string?> Setting(string name, MarketplaceHost host) =>
        new($"Marketplace:{name}", Address(host).ToString().TrimEnd('/'));

    private async Task AnswerAsync(HttpContext context)
    {
        var host = _hostOfPort[context.Connection.LocalPort];
        using var reader = new StreamReader(context.Request.Body);
        var request = new MarketplaceRequest(
            Options.Time.GetUtcNow(), host, context.Request.Method, $"{context.Request.Path}{context.Request.QueryString}",
            await reader.ReadToEndAsync(context.RequestAborted));
        var passage = _gate.Enter(context.Request, request);
        request = passage.Request;
        if (passage.Refusal is null)
        {
            request = request with { Fault = Faults.Next(request) };
        }

        if (BeforeAnswer is { } before)
        {
            await before(request);
        }

        var (answer, verdict) = passage.Answer(request.Fault is { Kind: FaultKind.Status });
        if (request.Fault is { Kind: FaultKind.Status } fault)
        {
            answer = MarketplaceProblem.Json(fault.StatusCode, "on demand", "this answer was asked to go wrong", host, request.At);
        }

        var sent = request.Fault?.Kind is FaultKind.Hang or FaultKind.Cut ? 0 : answer.Status;
        _requests.Enqueue(request with { Status = sent });
        await _sender.SendAsync(context, request, answer, Options.LimitHeaders ? verdict : null);
    }
}

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

/// <summary>The hosts of the API; each has an address of its own.</summary>
public enum MarketplaceHost
{
    /// <summary>Orders, sales and returns.</summary>
    Statistics,

    /// <summary>Stock reports (<c>seller-analytics-api</c>).</summary>
    Analytics,

    /// <summary>Cards.</summary>
    Content,

    /// <summary>Prices (<c>discounts-prices-api</c>).</summary>
    Prices,

    /// <summary>Reviews.</summary>
    Feedbacks,

    /// <summary>Claims.</summary>
    Returns,

    /// <summary>Who the seller is.</summary>
    Common,

    /// <summary>The seller's own warehouses.</summary>
    Marketplace,
}

/// <summary>A request as it was received and answered.</summary>
/// <param name="At">When, by the server's clock.</param>
/// <param name="Host">Where.</param>
/// <param name="Method">GET or POST.</param>
/// <param name="Path">With the query.</param>
/// <param name="Body">As text; empty for GET.</param>
public sealed record MarketplaceRequest(DateTimeOffset At, MarketplaceHost Host, string Method, string Path, string Body)
{
    /// <summary>Whose token it carried; null = none that this server made.</summary>
    public MarketplaceToken? Token { get; init; }

    /// <summary>Which bucket it counts in; null = no such method.</summary>
    public string? Bucket { get; init; }

    /// <summary>What was answered; 0 = nothing (a hanging or cut connection).</summary>
    public int Status { get; init; }

    /// <summary>What went wrong on demand.</summary>
    public Fault? Fault { get; init; }

    /// <summary>The bucket was empty: the caller exceeded a limit.</summary>
    public bool ExceededLimit { get; init; }
}
