using Microsoft.Extensions.Options;
using RagFunctions.Core.Marketplace.Client;
using RagFunctions.Core.Marketplace.Writers;

namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>Orders.</summary>
internal sealed class OrderSync(StatisticsClient client, IOptions<MarketplaceOptions> options) : StatisticsSync<OrderAnswer>(options.Value)
{
    public override SyncEntity Entity => SyncEntity.Orders;

    protected override Task<CallResult<IReadOnlyList<OrderAnswer>>> ReadAsync(MarketplaceAccess access, DateTimeOffset from, CancellationToken ct) =>
        client.OrdersAsync(access, from, ct);

    protected override Task<ChangedRows> WriteAsync(PageTransaction page, IReadOnlyList<OrderAnswer> rows, CancellationToken ct) =>
        OrderWriter.WriteAsync(page, rows, ct);
}
