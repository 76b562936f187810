using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core.Marketplace.Sync;

namespace RagFunctions.Dev.Bench.Sync;

/// <summary>The sync of orders as a subject of the bench: the same services as everywhere. It embeds nothing.</summary>
internal sealed class SyncSubject(IServiceProvider services) : IBenchSubject
{
    /// <inheritdoc />
    public Task<Func<CancellationToken, Task<(long Requests, long Inputs)>>> PrepareAsync(BenchOrder order, CancellationToken cancellationToken) =>
        Task.FromResult<Func<CancellationToken, Task<(long Requests, long Inputs)>>>(async stop =>
        {
            var result = await services.GetRequiredService<EntitySync>().RunAsync(order.CabinetId, SyncEntity.Orders, evenIfNotDue: true, stop);
            return result.Status == EntitySyncStatus.Ok
                ? (0, 0)
                : throw new InvalidOperationException($"the sync ended {result.Status}: {result.Reason}");
        });

    /// <inheritdoc />
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
