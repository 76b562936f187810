using System.Text.Json.Serialization;

namespace RagFunctions.Core.Marketplace.Cursors;

/// <summary>The shapes of <c>wb_sync_cursors.state</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(StatisticsState))]
[JsonSerializable(typeof(CardState))]
[JsonSerializable(typeof(PriceState))]
[JsonSerializable(typeof(StockState))]
[JsonSerializable(typeof(ReviewState))]
internal sealed partial class SyncStateJson : JsonSerializerContext;
