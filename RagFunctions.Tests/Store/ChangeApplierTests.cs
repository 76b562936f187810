using RagFunctions.Core;
using RagFunctions.Core.Store;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Store;

public sealed class ChangeApplierTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_first_full_run_indexes_every_entity()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(30);
        var result = await cabinet.RebuildAsync();
        Assert.Equal((150, 150, 0, 0), (result.RowsRead, result.New, result.Updated, result.Deleted));
        await cabinet.EmbedAsync();
        Assert.True((await cabinet.VerifyAsync()).IsClean);
        Assert.Equal(0, await cabinet.WrongVectorsAsync());
    }

    [Theory]
    [Trait("Defect", "1")]
    [InlineData(Entity.Products, "UPDATE wb_products SET price = 4321 WHERE cabinet_id = $1 AND nm_id = 3")]
    [InlineData(Entity.Orders, "UPDATE wb_orders SET status = 'canceled' WHERE cabinet_id = $1 AND nm_id = 3")]
    [InlineData(Entity.Stocks, "UPDATE wb_stocks SET quantity = 77 WHERE cabinet_id = $1 AND nm_id = 3")]
    [InlineData(Entity.Reviews, "UPDATE wb_reviews SET pros = 'Soft' WHERE cabinet_id = $1 AND nm_id = 3")]
    [InlineData(Entity.Sales, "UPDATE wb_sales SET amount = 4321 WHERE cabinet_id = $1 AND nm_id = 3")]
    public async Task Only_the_changed_row_of_each_entity_is_embedded_again(Entity entity, string change)
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(5);
        await cabinet.IndexAllAsync();
        await cabinet.ExecuteAsync(change);
        await cabinet.EnqueueAsync(entity, await cabinet.IdsAsync(entity));

        var result = await cabinet.CatchUpWithQueueAsync();

        Assert.Equal((5, 0, 1, 4, 0), (result.RowsRead, result.New, result.Updated, result.Unchanged, result.Deleted));
        Assert.Equal(1, await cabinet.PendingAsync());
        Assert.Equal(0, await cabinet.QueuedAsync());
        await cabinet.EmbedAsync();
        Assert.True((await cabinet.VerifyAsync()).IsClean);
    }

    [Theory]
    [Trait("Defect", "9")]
    [InlineData(Entity.Orders, "DELETE FROM wb_orders WHERE cabinet_id = $1 AND nm_id = 2")]
    [InlineData(Entity.Orders, "UPDATE wb_orders SET order_date = now() - interval '91 days' WHERE cabinet_id = $1 AND nm_id = 2")]
    [InlineData(Entity.Orders, "UPDATE wb_orders SET order_date = NULL WHERE cabinet_id = $1 AND nm_id = 2")]
    [InlineData(Entity.Stocks, "UPDATE wb_stocks SET quantity = NULL WHERE cabinet_id = $1 AND nm_id = 2")]
    [InlineData(Entity.Products, "UPDATE wb_products SET is_active = false WHERE cabinet_id = $1 AND nm_id = 2")]
    [InlineData(Entity.Reviews, "UPDATE wb_reviews SET created_date = now() - interval '2 years' WHERE cabinet_id = $1 AND nm_id = 2")]
    [InlineData(Entity.Sales, "DELETE FROM wb_sales WHERE cabinet_id = $1 AND nm_id = 2")]
    public async Task A_gone_or_ineligible_row_loses_its_chunks_at_once(Entity entity, string change)
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(3);
        await cabinet.IndexAllAsync();
        var ids = await cabinet.IdsAsync(entity);
        await cabinet.ExecuteAsync(change);
        await cabinet.EnqueueAsync(entity, ids);

        var result = await cabinet.CatchUpWithQueueAsync();

        Assert.Equal(1, result.Deleted);
        Assert.Equal(2, await cabinet.ChunksAsync(entity));
        Assert.Equal(10 + 4, await cabinet.ScalarAsync<long>("SELECT count(*) FROM rag_embeddings WHERE cabinet_id = $1"));
        Assert.Equal(0, await cabinet.QueuedAsync());
        Assert.Equal(0, (await cabinet.VerifyAsync()).Surplus);
    }

    [Fact]
    public async Task A_text_that_got_shorter_loses_the_chunks_beyond_its_end()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(2);
        var review = await cabinet.IdOfAsync(Entity.Reviews, 1);
        await cabinet.ExecuteAsync("UPDATE wb_reviews SET text = $3 WHERE cabinet_id = $1 AND id = $2", review, LongText(400));
        await cabinet.IndexAllAsync();
        var before = await cabinet.ChunksAsync(Entity.Reviews);
        Assert.True(before > 3);
        await cabinet.ExecuteAsync("UPDATE wb_reviews SET text = 'short' WHERE cabinet_id = $1 AND id = $2", review);
        await cabinet.EnqueueAsync(Entity.Reviews, review);

        var result = await cabinet.CatchUpWithQueueAsync();

        Assert.Equal(before - 2, result.Deleted);
        Assert.Equal(2, await cabinet.ChunksAsync(Entity.Reviews));
        await cabinet.EmbedAsync();
        Assert.True((await cabinet.VerifyAsync()).IsClean);
    }

    [Fact]
    [Trait("Guarantee", "gone-rows")]
    [Trait("Defect", "10")]
    public async Task A_full_run_deletes_what_the_source_no_longer_has()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(20);
        await cabinet.IndexAllAsync();
        await cabinet.ExecuteAsync("DELETE FROM wb_orders WHERE cabinet_id = $1 AND nm_id IN (1, 7, 20)");

        var result = await cabinet.RebuildAsync();

        Assert.Equal((3, 97), (result.Deleted, result.Unchanged));
        Assert.True((await cabinet.VerifyAsync()).IsClean);
    }

    [Fact]
    [Trait("Defect", "7")]
    public async Task A_text_that_returns_to_what_is_embedded_is_not_embedded_again()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(1);
        await cabinet.IndexAllAsync();
        var stock = await cabinet.IdOfAsync(Entity.Stocks, 1);
        await cabinet.ExecuteAsync("UPDATE wb_stocks SET quantity = 9 WHERE cabinet_id = $1");
        await cabinet.EnqueueAsync(Entity.Stocks, stock);
        await cabinet.CatchUpWithQueueAsync();
        Assert.Equal(1, await cabinet.ScalarAsync<long>("SELECT count(pending_since) FROM rag_metadata WHERE cabinet_id = $1"));

        await cabinet.ExecuteAsync("UPDATE wb_stocks SET quantity = 5 WHERE cabinet_id = $1");
        await cabinet.EnqueueAsync(Entity.Stocks, stock);
        await cabinet.CatchUpWithQueueAsync();

        Assert.Equal(0, await cabinet.PendingAsync());
        Assert.Equal(0, await cabinet.ScalarAsync<long>("SELECT count(pending_since) FROM rag_metadata WHERE cabinet_id = $1"));
        Assert.Equal(0, await cabinet.WrongVectorsAsync());
    }

    [Fact]
    [Trait("Guarantee", "right-vector")]
    public async Task While_a_changed_text_waits_for_its_vector_the_former_one_stays()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(1);
        await cabinet.IndexAllAsync();
        var vectors = await VectorRowsAsync(cabinet);
        await cabinet.ExecuteAsync("UPDATE wb_stocks SET quantity = 9 WHERE cabinet_id = $1");
        await cabinet.EnqueueAsync(Entity.Stocks, await cabinet.IdsAsync(Entity.Stocks));
        await cabinet.CatchUpWithQueueAsync();
        await cabinet.ExecuteAsync("UPDATE wb_orders SET status = 'canceled' WHERE cabinet_id = $1");
        await cabinet.RebuildAsync();

        Assert.Equal(2, await cabinet.PendingAsync());
        Assert.Equal(vectors, await VectorRowsAsync(cabinet));
    }

    [Fact]
    public async Task A_second_change_keeps_the_first_age_and_forgives_failures()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(1);
        await cabinet.RebuildAsync();
        await cabinet.ExecuteAsync("UPDATE rag_metadata SET pending_since = '2026-01-01', embed_attempts = 3, embed_error = 'refused', next_attempt_at = now() + interval '1 hour' WHERE cabinet_id = $1");
        await cabinet.ExecuteAsync("UPDATE wb_stocks SET quantity = 9 WHERE cabinet_id = $1");
        await cabinet.EnqueueAsync(Entity.Stocks, await cabinet.IdsAsync(Entity.Stocks));
        await cabinet.EnqueueAsync(Entity.Orders, await cabinet.IdsAsync(Entity.Orders));

        await cabinet.CatchUpWithQueueAsync();

        const string state = """
            SELECT concat_ws(' ', (pending_since = '2026-01-01')::text, embed_attempts, embed_error, (next_attempt_at IS NULL)::text)
            FROM rag_metadata WHERE cabinet_id = $1 AND source_table = $2
            """;
        Assert.Equal("true 0 true", await cabinet.ScalarAsync<string>(state, "wb_stocks"));
        Assert.Equal("true 3 refused false", await cabinet.ScalarAsync<string>(state, "wb_orders"));
    }

    [Fact]
    public async Task What_stands_beside_a_text_changes_without_touching_the_vector()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(2);
        await cabinet.IndexAllAsync();
        await cabinet.ExecuteAsync("UPDATE rag_metadata SET renderer_version = 0, nm_id = 5, business_date = now(), expires_at = now() + interval '1 day' WHERE cabinet_id = $1 AND source_table = 'wb_orders'");
        var vectors = await VectorRowsAsync(cabinet);
        Assert.Equal(2, (await cabinet.VerifyAsync()).Stale);

        var result = await cabinet.RebuildAsync();

        Assert.Equal((2, 8), (result.Updated, result.Unchanged));
        Assert.Equal(0, await cabinet.PendingAsync());
        Assert.Equal(vectors, await VectorRowsAsync(cabinet));
        Assert.True((await cabinet.VerifyAsync()).IsClean);
    }

    [Fact]
    [Trait("Guarantee", "paid-once")]
    [Trait("Defect", "7")]
    [Trait("Defect", "31")]
    public async Task Unchanged_rows_are_not_written()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(40);
        await cabinet.IndexAllAsync();
        const string versions = "SELECT md5(string_agg(id || ' ' || ctid::text || ' ' || xmin::text || ' ' || xmax::text, ',' ORDER BY id)) FROM rag_metadata WHERE cabinet_id = $1";
        var chunks = await cabinet.ScalarAsync<string>(versions);
        var vectors = await VectorRowsAsync(cabinet);
        const string walPosition = "SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn + 0 * $1::bigint";
        var wal = await cabinet.ScalarAsync<decimal>(walPosition);

        var rebuilt = await cabinet.RebuildAsync();
        wal = await cabinet.ScalarAsync<decimal>(walPosition) - wal;
        foreach (var entity in EntityNames.All)
        {
            await cabinet.EnqueueAsync(entity, await cabinet.IdsAsync(entity));
        }

        var touched = await cabinet.CatchUpWithQueueAsync();

        TestContext.Current.TestOutputHelper?.WriteLine($"WAL of a full run over 200 unchanged rows: {wal} bytes (other tests' writes included)");
        Assert.Equal((200, 0, 0, 0), (rebuilt.Unchanged, rebuilt.New, rebuilt.Updated, rebuilt.Deleted));
        Assert.Equal((200, 0, 0, 0), (touched.Unchanged, touched.New, touched.Updated, touched.Deleted));
        Assert.Equal(chunks, await cabinet.ScalarAsync<string>(versions));
        Assert.Equal(vectors, await VectorRowsAsync(cabinet));
    }

    [Fact]
    [Trait("Guarantee", "paid-once")]
    [Trait("Defect", "8")]
    public async Task A_full_run_makes_chunks_without_a_valid_vector_pending()
    {
        // A database of its own: the recorded model is one for all cabinets.
        await using var own = new DatabaseFixture();
        await own.InitializeAsync();
        var cabinet = await IndexedCabinet.CreateAsync(own);
        await cabinet.FillAsync(3);
        await cabinet.IndexAllAsync();
        await cabinet.ExecuteAsync("INSERT INTO rag_embedder (model, dimensions) SELECT 'stub', 1536 WHERE $1 > 0");
        await cabinet.ExecuteAsync("DELETE FROM rag_embeddings AS e USING rag_metadata AS m WHERE m.id = e.metadata_id AND m.cabinet_id = $1 AND m.source_table = 'wb_orders' AND m.nm_id = 1");
        await cabinet.ExecuteAsync("UPDATE rag_metadata SET embedded_model = 'older' WHERE cabinet_id = $1 AND source_table = 'wb_sales' AND nm_id = 2");
        Assert.Equal(2, (await cabinet.VerifyAsync()).Stale);

        await cabinet.RebuildAsync();

        Assert.Equal(2, await cabinet.PendingAsync());
        Assert.Equal(2, (await cabinet.VerifyAsync()).Pending);
        await cabinet.EmbedAsync();
        Assert.True((await cabinet.VerifyAsync()).IsClean);
    }

    [Fact]
    [Trait("Guarantee", "any-value")]
    [Trait("Defect", "2")]
    [Trait("Defect", "21")]
    public async Task Extreme_ids_and_all_null_rows_are_indexed_in_both_modes()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        var last = long.MaxValue - Random.Shared.Next(1_000_000) * 10L;
        foreach (var id in (long[])[last, last - 1, last - 2])
        {
            await cabinet.ExecuteAsync("INSERT INTO wb_orders (id, cabinet_id, nm_id, order_date) VALUES ($2, $1, 9223372036854775807, now())", id);
            await cabinet.ExecuteAsync("INSERT INTO wb_reviews (id, cabinet_id, review_id, created_date) VALUES ($2, $1, 'r' || $2, now())", id);
            await cabinet.ExecuteAsync("INSERT INTO wb_products (id, cabinet_id, nm_id) VALUES ($2, $1, $2)", id);
            await cabinet.ExecuteAsync("INSERT INTO wb_stocks (id, cabinet_id, nm_id, quantity) VALUES ($2, $1, 1, 1)", id);
            await cabinet.ExecuteAsync("INSERT INTO wb_sales (id, cabinet_id, nm_id, sale_id, type, sale_date) VALUES ($2, $1, 1, 's' || $2, 'return', now())", id);
        }

        Assert.Equal(15, (await cabinet.RebuildAsync()).New);
        await cabinet.EmbedAsync();
        Assert.True((await cabinet.VerifyAsync()).IsClean);
        await cabinet.EnqueueAsync(Entity.Orders, last, last - 1, last - 2, long.MaxValue, long.MaxValue - 1);
        Assert.Equal(3, (await cabinet.CatchUpWithQueueAsync()).Unchanged);
        Assert.Equal(0, await cabinet.QueuedAsync());
    }

    [Fact]
    public async Task Ids_of_another_tenant_or_nobody_change_nothing_and_are_dequeued()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        var neighbour = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(2);
        await neighbour.FillAsync(2);
        await cabinet.IndexAllAsync();
        await neighbour.IndexAllAsync();
        await cabinet.EnqueueAsync(Entity.Orders, [.. await neighbour.IdsAsync(Entity.Orders), 999_999_999]);

        var result = await cabinet.CatchUpWithQueueAsync();

        Assert.Equal((0, 0, 0), (result.New, result.Updated, result.Deleted));
        Assert.Equal(0, await cabinet.QueuedAsync());
        Assert.True((await cabinet.VerifyAsync()).IsClean);
        Assert.True((await neighbour.VerifyAsync()).IsClean);
    }

    [Fact]
    public async Task A_range_touches_only_its_own_rows_and_their_queue_rows()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(10);
        var ids = await cabinet.IdsAsync(Entity.Orders);
        await cabinet.EnqueueAsync(Entity.Orders, ids);

        await cabinet.Applier.ApplyAsync(cabinet.Input(new ChangeRange(Entity.Orders, ids[3], ids[7]), RunMode.Full), Stop);

        Assert.Equal(4, await cabinet.ChunksAsync(Entity.Orders));
        Assert.Equal(6, await cabinet.QueuedAsync());
    }

    internal static string LongText(int sentences) =>
        string.Join(' ', Enumerable.Range(1, sentences).Select(n => $"Sentence number {n} of a review that is rather long and says something new each time."));

    private static Task<string> VectorRowsAsync(IndexedCabinet cabinet) =>
        cabinet.ScalarAsync<string>("SELECT md5(string_agg(id || ' ' || ctid::text || ' ' || xmin::text, ',' ORDER BY id)) FROM rag_embeddings WHERE cabinet_id = $1");
}
