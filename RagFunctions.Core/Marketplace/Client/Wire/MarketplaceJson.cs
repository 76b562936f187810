using System.Text.Json;
using System.Text.Json.Serialization;

namespace RagFunctions.Core.Marketplace.Client.Wire;

/// <summary>Reading and writing without reflection. Unknown fields are ignored, names are exact.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.General,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    NumberHandling = JsonNumberHandling.AllowReadingFromString,
    Converters = [typeof(CleanTextConverter)])]
[JsonSerializable(typeof(List<StatisticsRow>))]
[JsonSerializable(typeof(StockAnswer))]
[JsonSerializable(typeof(StockRequest))]
[JsonSerializable(typeof(RemainsTask))]
[JsonSerializable(typeof(List<RemainsRow>))]
[JsonSerializable(typeof(CardsAnswer))]
[JsonSerializable(typeof(CardsRequest))]
[JsonSerializable(typeof(PricesAnswer))]
[JsonSerializable(typeof(FeedbacksAnswer))]
[JsonSerializable(typeof(SellerAnswer))]
internal sealed partial class MarketplaceJson : JsonSerializerContext;
