using System.Text.Json.Serialization;
using RagFunctions.Core.Marketplace.Prices;
using RagFunctions.Core.Marketplace.Products;
using RagFunctions.Core.Marketplace.Reviews;
using RagFunctions.Core.Marketplace.Statistics;
using RagFunctions.Core.Marketplace.Stocks;

namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>The shapes of <c>wb_sync_cursors.state</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(StatisticsState))]
[JsonSerializable(typeof(CardState))]
[JsonSerializable(typeof(PriceState))]
[JsonSerializable(typeof(StockState))]
[JsonSerializable(typeof(ReviewState))]
internal sealed partial class SyncStateJson : JsonSerializerContext;
