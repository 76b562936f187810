using RagFunctions.Dev.Fakes.Marketplace.Limits;

namespace RagFunctions.Dev.Fakes.Marketplace.Answers;

/// <summary>Every method this server knows.</summary>
internal sealed class Methods
{
    private readonly List<Method> _all;

    public Methods(MarketplaceServerOptions options)
    {
        var remains = new RemainsTasks(options.RemainsTime, options.RemainsLife);
        const string Reports = "/api/analytics/v1/stocks-report";
        const string Remains = "/api/v1/warehouse_remains";
        const string Goods = "/api/v2/list/goods/filter";
        _all =
        [
            new(MarketplaceHost.Statistics, "GET", "/api/v1/supplier/orders", DocumentedLimits.Orders, call => StatisticsAnswers.Orders(call, options.StatisticsRows)),
            new(MarketplaceHost.Statistics, "GET", "/api/v1/supplier/sales", DocumentedLimits.Sales, call => StatisticsAnswers.Sales(call, options.StatisticsRows)),
            new(MarketplaceHost.Analytics, "POST", $"{Reports}/wb-warehouses", DocumentedLimits.WarehouseStocks, StockAnswers.Warehouses),
            new(MarketplaceHost.Analytics, "POST", $"{Reports}/seller-warehouses", DocumentedLimits.SellerStocks, StockAnswers.SellerWarehouses),
            new(MarketplaceHost.Analytics, "GET", Remains, DocumentedLimits.RemainsCreate, remains.Create),
            new(MarketplaceHost.Analytics, "GET", $"{Remains}/tasks/*/status", DocumentedLimits.RemainsStatus, remains.Status),
            new(MarketplaceHost.Analytics, "GET", $"{Remains}/tasks/*/download", DocumentedLimits.RemainsDownload, remains.Download),
            new(MarketplaceHost.Content, "POST", "/content/v2/get/cards/list", DocumentedLimits.Content, CardAnswers.List),
            new(MarketplaceHost.Content, "POST", "/content/v2/get/cards/trash", DocumentedLimits.Content, CardAnswers.Trash),
            new(MarketplaceHost.Prices, "GET", Goods, DocumentedLimits.Prices, PriceAnswers.Page),
            new(MarketplaceHost.Prices, "POST", Goods, DocumentedLimits.Prices, PriceAnswers.Named),
            new(MarketplaceHost.Feedbacks, "GET", "/api/v1/feedbacks", DocumentedLimits.Feedbacks, FeedbackAnswers.List),
            new(MarketplaceHost.Feedbacks, "GET", "/api/v1/feedbacks/archive", DocumentedLimits.Feedbacks, FeedbackAnswers.Archive),
            new(MarketplaceHost.Returns, "GET", "/api/v1/claims", DocumentedLimits.Claims, ClaimAnswers.Page),
            new(MarketplaceHost.Common, "GET", "/api/v1/seller-info", DocumentedLimits.SellerInfo, SellerAnswers.Info),
            new(MarketplaceHost.Marketplace, "GET", "/api/v3/warehouses", DocumentedLimits.Marketplace, SellerAnswers.Warehouses),
            new(MarketplaceHost.Marketplace, "POST", "/api/v3/stocks/*", DocumentedLimits.Marketplace, SellerAnswers.WarehouseStock),
            .. Enum.GetValues<MarketplaceHost>().Select(host => new Method(host, "GET", "/ping", DocumentedLimits.Ping(host), SellerAnswers.Ping)),
        ];
    }

    /// <summary>The method of a request and the variable part of its path; null when there is none.</summary>
    public (Method Method, string RouteValue)? Find(MarketplaceHost host, string verb, string path)
    {
        foreach (var method in _all)
        {
            if (method.Host == host && method.Verb == verb && method.Matches(path, out var value))
            {
                return (method, value);
            }
        }

        return null;
    }
}

/// <summary>A method of the API.</summary>
/// <param name="Host">Where.</param>
/// <param name="Verb">GET or POST.</param>
/// <param name="Path">Its path; one segment may be <c>*</c>.</param>
/// <param name="Rule">Who may call it, and how often.</param>
/// <param name="Handle">The right answer.</param>
internal sealed record Method(MarketplaceHost Host, string Verb, string Path, MethodRule Rule, Func<Call, Answer> Handle)
{
    private readonly string[] _segments = Path.Split('/');

    /// <summary>Whether a path is this method's, and what stands for <c>*</c>.</summary>
    public bool Matches(string path, out string value)
    {
        value = "";
        var given = path.Split('/');
        if (given.Length != _segments.Length)
        {
            return false;
        }

        for (var i = 0; i < given.Length; i++)
        {
            if (_segments[i] == "*")
            {
                value = given[i];
            }
            else if (_segments[i] != given[i])
            {
                return false;
            }
        }

        return true;
    }
}
