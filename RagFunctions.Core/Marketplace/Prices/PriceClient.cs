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
    public async Task<CallResult<IReadOnlyList<PriceAnswer>>> PricesAsync(MarketplaceAccess access, int offset, CancellationToken cancellationToken)
    {
        var address = new Uri(_host, string.Create(CultureInfo.InvariantCulture, $"/api/v2/list/goods/filter?limit={_pageRows}&offset={offset}"));
        var nothing = new PricesAnswer { Data = new() { ListGoods = [] } };
        return (await _transport.SendAsync(new MarketplaceCall(access, MarketplaceMethod.Prices, address), PriceJsonContext.Default.PricesAnswer, nothing, cancellationToken))
            .Map(Prices);
    }

    private static IReadOnlyList<PriceAnswer> Prices(PricesAnswer answer)
    {
        if (answer.Error == true)
        {
            throw new MarketplaceFormatException("error", $"is set: {answer.ErrorText}");
        }

        var goods = answer.Data?.ListGoods ?? throw new MarketplaceFormatException("data.listGoods", "is missing");
        return [.. goods.Select(Price)];
    }

    private static PriceAnswer Price(PricesAnswer.Good good, int index)
    {
        var field = new Field("data.listGoods", index);
        var cheapest = (field.Present(good).Sizes ?? []).OfType<PricesAnswer.Size>()
            .OrderBy(size => size.DiscountedPrice ?? size.Price ?? decimal.MaxValue).ThenBy(size => size.Price).ThenBy(size => size.SizeId)
            .FirstOrDefault();
        return new PriceAnswer(field.Required(good.NmId, "nmID"), cheapest?.Price, cheapest?.DiscountedPrice);
    }
}

/// <summary>The price of an article in its currency: that of its cheapest size, as the shop shows it.</summary>
public sealed record PriceAnswer(long NmId, decimal? Price, decimal? DiscountedPrice);

internal sealed class PricesAnswer
{
    public PricesData? Data { get; set; }
    public bool? Error { get; set; }
    public string? ErrorText { get; set; }

    internal sealed class PricesData
    {
        public List<Good>? ListGoods { get; set; }
    }

    internal sealed class Good
    {
        [JsonPropertyName("nmID")]
        public long? NmId { get; set; }
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

/// <summary>Reads and writes without reflection. Unknown fields are ignored, names are exact.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.General,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    Converters = [typeof(CleanTextConverter)])]
[JsonSerializable(typeof(PricesAnswer))]
internal sealed partial class PriceJsonContext : JsonSerializerContext;
