using System.Text.Json.Serialization;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Marketplace.Sync;

namespace RagFunctions.Core.Marketplace.Prices;

/// <summary>All prices, page by page; a pass interrupted by a limit goes on where it stopped.</summary>
internal sealed class PriceSync(PriceClient client, IOptions<MarketplaceOptions> options) : IEntitySteps
{
    public SyncEntity Entity => SyncEntity.Prices;

    public async Task<SyncEnd> RunAsync(SyncSession session, CancellationToken cancellationToken)
    {
        while (true)
        {
            var state = session.State(PriceStateJsonContext.Default.PriceState);
            var answer = await client.PricesAsync(session.Access, state.Offset, cancellationToken);
            if (!answer.IsOk)
            {
                return SyncEnd.Of(answer);
            }

            var prices = answer.Value;
            var isLast = prices.Count < options.Value.PricePageRows;
            // A row given twice takes no place of its own: counted twice, it would make the next page begin too late.
            var next = new PriceState { Offset = isLast ? 0 : state.Offset + prices.Rows.DistinctBy(price => price.NmId).Count() + prices.Rejects.DistinctBy(row => row.Key).Count() };
            await session.CommitAsync(prices, (page, rows) => PriceWriter.WriteAsync(page, rows, cancellationToken), next, PriceStateJsonContext.Default.PriceState, cancellationToken);
            if (isLast)
            {
                return SyncEnd.Done;
            }
        }
    }
}

/// <summary>The next page of prices.</summary>
internal sealed record PriceState
{
    public int Offset { get; init; }
}

/// <summary>The shape of <c>wb_sync_cursors.state</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(PriceState))]
internal sealed partial class PriceStateJsonContext : JsonSerializerContext;
