using RagFunctions.Core;
using RagFunctions.Core.Store;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Store;

public sealed class CabinetPurgeTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Fault", "3")]
    [Trait("Guarantee", "bounded")]
    public async Task A_cabinet_is_purged_a_few_chunks_at_a_time()
    {
        var cabinet = await IndexedAsync();
        var told = new Told();
        Assert.Equal(15, await Purge(4).PurgeAsync(cabinet.Id, told, Stop));
        Assert.Equal([4, 8, 12, 15], told.Reports);
        Assert.Equal(0, await cabinet.ScalarAsync<long>("SELECT count(*) FROM rag_embeddings WHERE cabinet_id = $1"));
        Assert.Null(await Purge(4).PurgeAsync(cabinet.Id, null, Stop));
    }

    [Fact]
    [Trait("Fault", "3")]
    [Trait("Guarantee", "bounded")]
    public async Task Chunks_go_two_thousand_at_a_time()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.ExecuteAsync("""
            INSERT INTO rag_metadata (cabinet_id, source_table, source_id, chunk_type, chunk_text, chunk_hash)
            SELECT $1, 'wb_orders', n, 'order', 'x', 'h' || n FROM generate_series(1, 2001) AS n
            """);
        var told = new Told();
        await new CabinetPurge(fixture.Rag).PurgeAsync(cabinet.Id, told, Stop);
        Assert.Equal([2_000, 2_001], told.Reports);
    }

    [Fact]
    [Trait("Fault", "3")]
    [Trait("Guarantee", "killed")]
    public async Task A_purge_that_was_interrupted_is_gone_on_with()
    {
        var cabinet = await IndexedAsync();
        using var killed = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Purge(4).PurgeAsync(cabinet.Id, new Told(killed), killed.Token));
        Assert.Equal(1, await cabinet.ScalarAsync<long>("SELECT count(*) FROM rag_index_status WHERE cabinet_id = $1 AND NOT is_active AND lease_owner IS NULL"));
        Assert.Equal(11, await Purge(4).PurgeAsync(cabinet.Id, null, Stop));
        Assert.Equal(0, await cabinet.ScalarAsync<long>("SELECT count(*) FROM rag_index_status WHERE cabinet_id = $1"));
    }

    [Fact]
    [Trait("Guarantee", "one-run")]
    public async Task A_run_writes_nothing_more_once_its_cabinet_is_being_purged()
    {
        var cabinet = await IndexedAsync();
        using var killed = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Purge(4).PurgeAsync(cabinet.Id, new Told(killed), killed.Token));
        Assert.True((await cabinet.Applier.ApplyAsync(cabinet.Input(new ChangeRange(Entity.Orders, null, null), RunMode.Full), Stop)).Superseded);
        Assert.Equal(11, await cabinet.ScalarAsync<long>("SELECT count(*) FROM rag_metadata WHERE cabinet_id = $1"));
    }

    private CabinetPurge Purge(int rows) => new(fixture.Rag) { BatchRows = rows };

    private async Task<IndexedCabinet> IndexedAsync()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(3);
        await cabinet.IndexAllAsync();
        return cabinet;
    }

    private sealed class Told(CancellationTokenSource? stop = null) : IProgress<long>
    {
        public List<long> Reports { get; } = [];

        public void Report(long value)
        {
            Reports.Add(value);
            stop?.Cancel();
        }
    }
}
