using System.ComponentModel.DataAnnotations;

namespace RagFunctions.Core.Marketplace;

/// <summary>Where the marketplace answers and how it is read. Every default is the marketplace's own figure.</summary>
public sealed class MarketplaceOptions : IValidatableObject
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Marketplace";

    /// <summary>Orders, sales and returns.</summary>
    public string StatisticsUrl { get; set; } = "https://statistics-api.wildberries.ru";

    /// <summary>Stock reports.</summary>
    public string AnalyticsUrl { get; set; } = "https://seller-analytics-api.wildberries.ru";

    /// <summary>Cards.</summary>
    public string ContentUrl { get; set; } = "https://content-api.wildberries.ru";

    /// <summary>Prices and discounts.</summary>
    public string PricesUrl { get; set; } = "https://discounts-prices-api.wildberries.ru";

    /// <summary>Reviews.</summary>
    public string FeedbacksUrl { get; set; } = "https://feedbacks-api.wildberries.ru";

    /// <summary>Who the seller is.</summary>
    public string CommonUrl { get; set; } = "https://common-api.wildberries.ru";

    /// <summary>
    /// The secret of a service from the marketplace's catalogue, sent with every call. It lives 180 days; while it is renewed the marketplace
    /// takes the old and the new one for 30 days, so that changing this setting within them is enough.
    /// </summary>
    public string? ClientSecret { get; set; }

    /// <summary>How the calls introduce themselves; a service from the catalogue keeps the same name.</summary>
    public string UserAgent { get; set; } = "rag-functions";

    /// <summary>
    /// Key for tokens at rest: 32 bytes in base64. Needed to add a cabinet; reading the original's plain tokens works without it. While a key is
    /// changed: <c>name:key,name:key</c>, the present one first; tokens under a former one are still read, and moved to the present one by
    /// <c>rag cabinet encrypt</c>.
    /// </summary>
    public string? TokenKey { get; set; }

    /// <summary>Seconds until an answer's headers must have arrived; the same again for every 30 seconds of silence in its body.</summary>
    [Range(1, 600, ErrorMessage = "Marketplace:TimeoutSeconds must be between 1 and 600.")]
    public int TimeoutSeconds { get; set; } = 60;

    /// <summary>How often a call is repeated after a 5xx answer or a network failure. A 4xx answer is never repeated.</summary>
    [Range(0, 5, ErrorMessage = "Marketplace:Retries must be between 0 and 5.")]
    public int Retries { get; set; } = 2;

    /// <summary>Milliseconds before the first repetition; doubles, with jitter.</summary>
    [Range(1, 30_000, ErrorMessage = "Marketplace:RetryDelayMilliseconds must be between 1 and 30000.")]
    public int RetryDelayMilliseconds { get; set; } = 1_000;

    /// <summary>Days the rows of <c>wb_sync_logs</c> are kept that this sync has written.</summary>
    [Range(1, 3650, ErrorMessage = "Marketplace:KeepLogDays must be between 1 and 3650.")]
    public int KeepLogDays { get; set; } = 14;

    /// <summary>How far back a first load of orders, sales and reviews reaches; the marketplace keeps 90 days.</summary>
    [Range(1, 90, ErrorMessage = "Marketplace:FirstLoadDays must be between 1 and 90.")]
    public int FirstLoadDays { get; set; } = 90;

    /// <summary>
    /// Rows from which an answer of orders or sales counts as possibly cut, so that another call follows. The marketplace cuts at
    /// "about 80,000"; below this figure a second call would only fetch the border row again.
    /// </summary>
    [Range(1, 80_000, ErrorMessage = "Marketplace:StatisticsCutRows must be between 1 and 80000.")]
    public int StatisticsCutRows { get; set; } = 70_000;

    /// <summary>Rows per page of a stock report.</summary>
    [Range(1, 250_000, ErrorMessage = "Marketplace:StockPageRows must be between 1 and 250000.")]
    public int StockPageRows { get; set; } = 250_000;

    /// <summary>Cards per page.</summary>
    [Range(1, 100, ErrorMessage = "Marketplace:CardPageRows must be between 1 and 100.")]
    public int CardPageRows { get; set; } = 100;

    /// <summary>Articles per page of prices.</summary>
    [Range(1, 1_000, ErrorMessage = "Marketplace:PricePageRows must be between 1 and 1000.")]
    public int PricePageRows { get; set; } = 1_000;

    /// <summary>Reviews per page.</summary>
    [Range(1, 5_000, ErrorMessage = "Marketplace:ReviewPageRows must be between 1 and 5000.")]
    public int ReviewPageRows { get; set; } = 5_000;

    /// <summary>The largest <c>skip</c> the review methods take.</summary>
    [Range(1, 199_990, ErrorMessage = "Marketplace:ReviewMaxSkip must be between 1 and 199990.")]
    public int ReviewMaxSkip { get; set; } = 199_990;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        (string Name, string Value)[] addresses =
        [
            (nameof(StatisticsUrl), StatisticsUrl), (nameof(AnalyticsUrl), AnalyticsUrl), (nameof(ContentUrl), ContentUrl),
            (nameof(PricesUrl), PricesUrl), (nameof(FeedbacksUrl), FeedbacksUrl), (nameof(CommonUrl), CommonUrl),
        ];
        foreach (var (name, value) in addresses)
        {
            if (!Uri.TryCreate(value, UriKind.Absolute, out var uri) || uri.PathAndQuery != "/" || uri.UserInfo.Length > 0
                || !(uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback)))
            {
                yield return new ValidationResult(
                    $"Marketplace:{name} must be an https address without a path (http only on this machine): tokens are sent there.");
            }
        }

        if (ClientSecret is not null && !IsHeader(ClientSecret))
        {
            yield return new ValidationResult("Marketplace:ClientSecret must be one word of ASCII letters, at most 4096.");
        }

        if (!IsHeader(UserAgent.Replace(" ", "", StringComparison.Ordinal)))
        {
            yield return new ValidationResult("Marketplace:UserAgent must be a short text of ASCII letters.");
        }

        if (TokenKey is not null && CipherKey.Read(TokenKey, out _) is { } problem)
        {
            yield return new ValidationResult($"Marketplace:TokenKey cannot be used: {problem}. It is a key, or name:key,name:key with the present one first.");
        }
    }

    private static bool IsHeader(string value) => value.Length is > 0 and <= 4_096 && value.All(c => c is > ' ' and < '\u007f');
}
