using Microsoft.Extensions.Options;
using RagFunctions.Core.Marketplace.Client;
using RagFunctions.Core.Marketplace.Writers;

namespace RagFunctions.Core.Marketplace.Sync;

/// <summary>Sales and returns.</summary>
internal sealed class SaleSync(StatisticsClient client, IOptions<MarketplaceOptions> options) : StatisticsSync<SaleAnswer>(options.Value)
{
    public override SyncEntity Entity => SyncEntity.Sales;

    protected override Task<CallResult<IReadOnlyList<SaleAnswer>>> ReadAsync(MarketplaceAccess access, DateTimeOffset from, CancellationToken ct) =>
        client.SalesAsync(access, from, ct);

    protected override Task<ChangedRows> WriteAsync(PageTransaction page, IReadOnlyList<SaleAnswer> rows, CancellationToken ct) =>
        SaleWriter.WriteAsync(page, rows, ct);
}
