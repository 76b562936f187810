using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Dev.Fakes.Marketplace.Shops;
using RagFunctions.Tests.Cli;
using RagFunctions.Tests.Marketplace.Sync;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Databases;

/// <summary>Both databases behind a pooler that lends a session for one transaction, as Azure's PostgreSQL has built in.</summary>
[Trait("Guarantee", "pooler")]
public sealed class PoolerTests : IAsyncLifetime
{
    private Pooler _pooler = null!;
    private TestDatabase _main = null!;
    private TestDatabase _rag = null!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _pooler = await Pooler.StartAsync();
        _main = await TestDatabase.CreateAsync(SchemaKind.Empty);
        _rag = await TestDatabase.CreateAsync(SchemaKind.Empty);
    }

    public async ValueTask DisposeAsync()
    {
        await _pooler.DisposeAsync();
        await _main.DisposeAsync();
        await _rag.DisposeAsync();
    }

    [Fact]
    [Trait("Fault", "6")]
    public async Task Migrating_syncing_indexing_and_rebuilding_work_behind_a_transaction_pooler()
    {
        await RagAsync("migrate", "main", "--capture-changes");
        await RagAsync("migrate", "rag");
        await using var shop = await ShopWorld.StartAsync(
            new ShopOptions { Seed = 7, HistoryDays = 5, Products = 40, OrdersPerHour = 6 }, _main.Source, _pooler.ConnectionTo(_main.Name));
        Assert.All(await shop.SyncAsync(), result => Assert.NotEqual(EntitySyncStatus.Failed, result.Status));
        await RagAsync("index", $"{shop.Cabinet}");

        shop.Advance(TimeSpan.FromHours(7));
        Assert.All(await shop.SyncAsync(), result => Assert.NotEqual(EntitySyncStatus.Failed, result.Status));
        await RagAsync("index", $"{shop.Cabinet}");
        await RagAsync("rebuild", $"{shop.Cabinet}");
        await RagAsync("verify", $"{shop.Cabinet}");
        Assert.True(await CountAsync("SELECT count(*) FROM rag_metadata") > 500);
        Assert.Equal(0, await CountAsync("SELECT count(*) FROM rag_metadata WHERE embedded_hash IS DISTINCT FROM chunk_hash"));
        Assert.Equal(await CountAsync("SELECT count(*) FROM rag_metadata"), await CountAsync("SELECT count(*) FROM rag_embeddings"));
        Assert.Empty(await _pooler.ComplaintsAsync());
    }

    [Fact]
    [Trait("Fault", "6")]
    public async Task Those_who_migrate_at_once_behind_a_pooler_wait_for_each_other()
    {
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => RagAsync("migrate", "rag")));
        Assert.Empty(await _rag.Source.ReadNamesAsync("SELECT objid::text FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"));
        await RagAsync("migrate", "rag");
    }

    private async Task RagAsync(params string[] arguments)
    {
        var run = await CliRun.OfAsync(
            new Dictionary<string, string?>
            {
                ["ConnectionStrings__Main"] = _pooler.ConnectionTo(_main.Name),
                ["ConnectionStrings__Rag"] = _pooler.ConnectionTo(_rag.Name),
                ["Embeddings__Provider"] = "offline",
            },
            arguments);
        Assert.True(run.Code == 0, $"rag {string.Join(' ', arguments)}: {run.Output}{run.Errors}");
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var command = _rag.Source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync(Stop))!;
    }
}
