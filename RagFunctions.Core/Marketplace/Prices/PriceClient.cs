using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Marketplace.Client;
using RagFunctions.Core.Marketplace.Limits;

namespace RagFunctions.Core.Marketplace.Prices;

/// <summary>Prices of all articles.</summary>
public sealed class PriceClient
{
    private readonly MarketplaceTransport _transport;
    private readonly Uri _host;
    private readonly int _pageRows;

    internal PriceClient(MarketplaceTransport transport, IOptions<MarketplaceOptions> options)
    {
        _transport = transport;
        _host = new Uri(options.Value.PricesUrl);
        _pageRows = options.Value.PricePageRows;
    }

    /// <summary>A page of prices. Fewer than <see cref="MarketplaceOptions.PricePageRows"/> = the last.</summary>
    public async Task<CallResult<AnswerPage<PriceAnswer>>> PricesAsync(MarketplaceAccess access, int offset, CancellationToken cancellationToken)
    {
        var address = new Uri(_host, string.Create(CultureInfo.InvariantCulture, $"/api/v2/list/goods/filter?limit={_pageRows}&offset={offset}"));
        var nothing = new PricesAnswer { Data = new() { ListGoods = [] } };
        return (await _transport.SendAsync(new MarketplaceCall(access, MarketplaceMethod.Prices, address), PriceJsonContext.Default.PricesAnswer, nothing, cancellationToken))
            .Map(Prices);
    }

    private static AnswerPage<PriceAnswer> Prices(PricesAnswer answer) => answer.Error == true
        ? throw new MarketplaceFormatException("error", $"is set: {answer.ErrorText}")
        : AnswerPage<PriceAnswer>.Of(answer.Data?.ListGoods, "data.listGoods");
}

/// <summary>The price of an article in its currency: that of its cheapest size, as the shop shows it. Null = the answer does not say.</summary>
/// <param name="Currency">ISO 4217; not always roubles.</param>
public sealed record PriceAnswer(long NmId, decimal? Price, decimal? DiscountedPrice, string? Currency = null) : IMarketplaceRow
{
    /// <inheritdoc />
    public string Key => NmId.ToString(CultureInfo.InvariantCulture);

    /// <inheritdoc />
    public long? Article => NmId;

    /// <summary>Checks a row.</summary>
    internal static PriceAnswer Of(PricesAnswer.Good good)
    {
        var cheapest = (good.Sizes ?? []).OfType<PricesAnswer.Size>()
            .OrderBy(size => size.DiscountedPrice ?? size.Price ?? decimal.MaxValue).ThenBy(size => size.Price).ThenBy(size => size.SizeId)
            .FirstOrDefault();
        return new PriceAnswer(Field.Required(good.NmId, "nmID"), cheapest?.Price, cheapest?.DiscountedPrice, good.CurrencyIsoCode4217);
    }
}

internal sealed class PricesAnswer
{
    [JsonRequired]
    public PricesData? Data { get; set; }
    public bool? Error { get; set; }
    public string? ErrorText { get; set; }

    internal sealed class PricesData
    {
        [JsonRequired]
        public List<AnswerRow<PriceAnswer>>? ListGoods { get; set; }
    }

    internal sealed class Good
    {
        [JsonPropertyName("nmID")]
        public long? NmId { get; set; }
        public string? CurrencyIsoCode4217 { get; set; }
        public List<Size>? Sizes { get; set; }
    }

    internal sealed class Size
    {
        [JsonPropertyName("sizeID")]
        public ulong? SizeId { get; set; }
        public decimal? Price { get; set; }
        public decimal? DiscountedPrice { get; set; }
    }
}

/// <summary>Reads the prices of an article by themselves.</summary>
internal sealed class PriceRowConverter() : AnswerRowConverter<PricesAnswer.Good, PriceAnswer>(["nmID"], good => [PriceAnswer.Of(good)]);

/// <summary>Reads and writes without reflection. Unknown fields are ignored, names are exact.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.General,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    Converters = [typeof(CleanTextConverter), typeof(PriceRowConverter)])]
[JsonSerializable(typeof(PricesAnswer))]
[JsonSerializable(typeof(PricesAnswer.Good))]
internal sealed partial class PriceJsonContext : JsonSerializerContext;
