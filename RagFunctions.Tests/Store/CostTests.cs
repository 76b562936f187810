using RagFunctions.Core;
using RagFunctions.Tests.Embeddings;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Store;

/// <summary>What is paid for: applying and embedding together, over a provider that remembers what it was sent.</summary>
public sealed class CostTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private const int Articles = 40;

    private const string WaitingTexts =
        "SELECT COALESCE(array_agg(DISTINCT chunk_text COLLATE \"C\"), ARRAY[]::text[]) FROM rag_metadata WHERE cabinet_id = $1 AND embedded_hash IS DISTINCT FROM chunk_hash";

    [Fact]
    [Trait("Guarantee", "paid-once")]
    public async Task Exactly_the_distinct_changed_texts_are_paid_for_once()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await using var scene = await EmbeddingScene.SetAsync(fixture.Database, cabinet.Id, options => options.MaxInputsPerRequest = 64);
        await cabinet.FillAsync(Articles);

        // Each stock twice, as under two barcodes: the same text in two chunks.
        await cabinet.ExecuteAsync("INSERT INTO wb_stocks (cabinet_id, nm_id, warehouse_name, size, barcode, quantity) SELECT cabinet_id, nm_id, warehouse_name, size, 'second', quantity FROM wb_stocks WHERE cabinet_id = $1");
        await cabinet.RebuildAsync();
        Assert.Equal(5 * Articles, (await EmbedAsync(cabinet, scene)).Length);

        await cabinet.ExecuteAsync("UPDATE wb_products SET price = price + 1000 WHERE cabinet_id = $1 AND nm_id % 10 = 0");
        await cabinet.ExecuteAsync("UPDATE wb_orders SET status = 'canceled' WHERE cabinet_id = $1 AND nm_id % 10 = 0");
        await cabinet.ExecuteAsync("UPDATE wb_stocks SET quantity = 9 WHERE cabinet_id = $1 AND nm_id % 10 = 0");
        await cabinet.ExecuteAsync("UPDATE wb_reviews SET pros = 'Soft' WHERE cabinet_id = $1 AND nm_id % 10 = 0");
        await cabinet.ExecuteAsync("UPDATE wb_sales SET amount = amount + 1000 WHERE cabinet_id = $1 AND nm_id % 10 = 0");
        Assert.Equal(6 * Articles / 10, await TouchAllAsync(cabinet));
        Assert.Equal(5 * Articles / 10, (await EmbedAsync(cabinet, scene)).Length);

        Assert.Equal(0, await TouchAllAsync(cabinet));
        Assert.Empty(await EmbedAsync(cabinet, scene));
        Assert.Equal(6 * Articles, (await cabinet.RebuildAsync()).Unchanged);
        Assert.Empty(await EmbedAsync(cabinet, scene));
        Assert.True((await cabinet.VerifyAsync()).IsClean);
    }

    private static async Task<long> TouchAllAsync(IndexedCabinet cabinet)
    {
        foreach (var entity in EntityNames.All)
        {
            await cabinet.EnqueueAsync(entity, await cabinet.IdsAsync(entity));
        }

        var result = await cabinet.CatchUpWithQueueAsync();
        Assert.Equal((6 * Articles, 0, 0), (result.RowsRead, result.New, result.Deleted));
        return result.Updated;
    }

    /// <summary>Embeds what waits.</summary>
    /// <returns>What was sent: exactly the different texts that waited, each once.</returns>
    private static async Task<string[]> EmbedAsync(IndexedCabinet cabinet, EmbeddingScene scene)
    {
        var waiting = await cabinet.ScalarAsync<string[]>(WaitingTexts);
        scene.Server.ForgetRequests();
        foreach (var interval in (await scene.PlanAsync()).Intervals)
        {
            await scene.EmbedAsync(interval);
        }

        var sent = scene.Server.Requests.SelectMany(request => request.Inputs).Order(StringComparer.Ordinal).ToArray();
        Assert.Equal(waiting.Order(StringComparer.Ordinal), sent);
        Assert.Equal(0, await cabinet.PendingAsync());
        return sent;
    }
}
