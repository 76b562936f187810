using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Marketplace.Limits;

namespace RagFunctions.Core.Marketplace.Client;

/// <summary>Who a token belongs to. Any category may ask; the cheapest proof that the marketplace accepts a token.</summary>
public sealed class SellerClient
{
    private readonly MarketplaceTransport _transport;
    private readonly Uri _host;

    internal SellerClient(MarketplaceTransport transport, IOptions<MarketplaceOptions> options)
    {
        _transport = transport;
        _host = new Uri(options.Value.CommonUrl);
    }

    /// <summary>Asks the marketplace.</summary>
    public async Task<CallResult<SellerInfo>> InfoAsync(MarketplaceAccess access, CancellationToken cancellationToken)
    {
        var call = new MarketplaceCall(access, MarketplaceMethod.SellerInfo, new Uri(_host, "/api/v1/seller-info"));
        return (await _transport.SendAsync(call, SellerJsonContext.Default.SellerAnswer, new SellerAnswer(), cancellationToken))
            .Map(answer => new SellerInfo(Field.Required(answer.Sid, "sid", 80), answer.Name, answer.TradeMark));
    }
}

/// <summary>Whose account it is.</summary>
public sealed record SellerInfo(string SellerId, string? Name, string? TradeMark);

internal sealed class SellerAnswer
{
    public string? Name { get; set; }
    public string? Sid { get; set; }
    public string? TradeMark { get; set; }
}

/// <summary>Reads and writes without reflection. Unknown fields are ignored, names are exact.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.General,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    Converters = [typeof(CleanTextConverter)])]
[JsonSerializable(typeof(SellerAnswer))]
internal sealed partial class SellerJsonContext : JsonSerializerContext;
