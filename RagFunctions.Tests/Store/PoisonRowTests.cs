using RagFunctions.Core;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Store;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Store;

/// <summary>
/// A database of the class's own, with a price column wide enough for a number that no decimal holds, and a quantity column wide enough
/// for one that PostgreSQL itself cannot make a bigint of.
/// </summary>
public sealed class PoisonRowTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>, IAsyncLifetime
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await using var widen = fixture.Source.CreateCommand(
            "ALTER TABLE wb_orders ALTER COLUMN price TYPE numeric, ALTER COLUMN quantity TYPE double precision");
        await widen.ExecuteNonQueryAsync(Stop);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Theory]
    [Trait("Guarantee", "gone-rows")]
    [InlineData(RunMode.Incremental)]
    [InlineData(RunMode.Full)]
    public async Task An_ineligible_row_loses_its_chunk_though_it_cannot_be_read(RunMode mode)
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(5);
        await cabinet.IndexAllAsync();
        var old = await cabinet.IdOfAsync(Entity.Orders, 3);
        await cabinet.ExecuteAsync("UPDATE wb_orders SET quantity = 1e300, order_date = now() - interval '100 days' WHERE cabinet_id = $1 AND nm_id = 3");
        await cabinet.EnqueueAsync(Entity.Orders, await cabinet.IdsAsync(Entity.Orders));

        var result = await ApplyAsync(cabinet, mode);

        Assert.Equal((0, 1), (result.FailedRows, result.Deleted));
        Assert.Null(await cabinet.TextAsync(Entity.Orders, old));
        Assert.Equal(0, await cabinet.QueuedAsync());
    }

    [Theory]
    [Trait("Fault", "11")]
    [Trait("Guarantee", "poison")]
    [InlineData(RunMode.Incremental)]
    [InlineData(RunMode.Full)]
    public async Task A_row_that_cannot_be_written_is_kept_and_stops_nobody(RunMode mode)
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(37);
        await cabinet.IndexAllAsync();
        var victim = await cabinet.IdOfAsync(Entity.Orders, 11);
        await cabinet.ExecuteAsync("UPDATE wb_orders SET status = 'canceled' WHERE cabinet_id = $1");
        await cabinet.EnqueueAsync(Entity.Orders, await cabinet.IdsAsync(Entity.Orders));
        await fixture.Source.ExecuteAsync($"ALTER TABLE rag_metadata ADD CONSTRAINT refuses CHECK (cabinet_id <> {cabinet.Id} OR source_id <> {victim} OR source_table <> 'wb_orders') NOT VALID");
        try
        {
            var result = await ApplyAsync(cabinet, mode);
            Assert.Equal((1, 36), (result.FailedRows, await cabinet.PendingAsync()));
            Assert.Contains("cannot be written: PostgreSQL error 23514", result.Error, StringComparison.Ordinal);
            Assert.Equal(1, await cabinet.QueuedAsync());
        }
        finally
        {
            await fixture.Source.ExecuteAsync("ALTER TABLE rag_metadata DROP CONSTRAINT refuses");
        }
    }

    [Theory]
    [Trait("Guarantee", "poison")]
    [InlineData(RunMode.Incremental, "price = 1e40", "OverflowException")]
    [InlineData(RunMode.Full, "price = 1e40", "OverflowException")]
    [InlineData(RunMode.Incremental, "quantity = 1e300", "PostgreSQL error 22003")]
    [InlineData(RunMode.Full, "quantity = 1e300", "PostgreSQL error 22003")]
    public async Task An_unreadable_row_is_kept_with_its_error_and_stops_nobody(RunMode mode, string poison, string error)
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(37);
        await cabinet.IndexAllAsync();
        var victim = await cabinet.IdOfAsync(Entity.Orders, 11);
        var text = await cabinet.TextAsync(Entity.Orders, victim);
        await cabinet.ExecuteAsync("UPDATE wb_orders SET status = 'canceled' WHERE cabinet_id = $1");
        await cabinet.ExecuteAsync($"UPDATE wb_orders SET {poison} WHERE cabinet_id = $1 AND nm_id IN (11, 12)");

        if (mode == RunMode.Incremental)
        {
            await cabinet.EnqueueAsync(Entity.Orders, await cabinet.IdsAsync(Entity.Orders));
        }

        var result = await ApplyAsync(cabinet, mode);

        Assert.Equal((2, 35, 0), (result.FailedRows, result.Updated, result.Deleted));
        Assert.Equal($"wb_orders {victim} cannot be read: {error}", result.Error);
        Assert.Equal(text, await cabinet.TextAsync(Entity.Orders, victim));
        var depth = Assert.Single(await cabinet.Queue.CountAsync(cabinet.Id, Stop));
        Assert.Equal((2, 0, 2), (depth.Rows, depth.Due, depth.Failed));
        Assert.Equal(2, (await cabinet.VerifyAsync()).Unreadable);

        await cabinet.ExecuteAsync("UPDATE wb_orders SET price = 5, quantity = 1 WHERE cabinet_id = $1 AND nm_id IN (11, 12)");
        await cabinet.ExecuteAsync("UPDATE rag_changes SET next_attempt_at = now() WHERE cabinet_id = $1");
        Assert.Equal(2, (await cabinet.CatchUpWithQueueAsync()).Updated);
        await cabinet.EmbedAsync();
        Assert.True((await cabinet.VerifyAsync()).IsClean);
        Assert.Equal(0, await cabinet.QueuedAsync());
    }

    [Theory]
    [InlineData(RunMode.Incremental)]
    [InlineData(RunMode.Full)]
    public async Task An_unrenderable_row_is_kept_with_its_error_and_stops_nobody(RunMode mode)
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(5);
        await cabinet.IndexAllAsync();
        var victim = await cabinet.IdOfAsync(Entity.Stocks, 3);
        await cabinet.ExecuteAsync("UPDATE wb_stocks SET quantity = 9 WHERE cabinet_id = $1");
        cabinet.RenderWith(
            fixture.Main, fixture.Rag,
            row => row is { Entity: Entity.Stocks } && row.Id == victim ? throw new InvalidOperationException("secret text") : ChunkRenderer.Render(row));
        await cabinet.EnqueueAsync(Entity.Stocks, await cabinet.IdsAsync(Entity.Stocks));

        var result = await ApplyAsync(cabinet, mode);

        Assert.Equal((1, 4, 0), (result.FailedRows, result.Updated, result.Deleted));
        Assert.Equal($"wb_stocks {victim} cannot be rendered: InvalidOperationException", result.Error);
        Assert.Equal(5, await cabinet.ChunksAsync(Entity.Stocks));
        Assert.Equal(1, await cabinet.QueuedAsync());
    }

    [Fact]
    public async Task An_error_that_would_meet_every_row_is_thrown_and_marks_none()
    {
        // A database of its own: a column goes.
        await using var own = new DatabaseFixture();
        await own.InitializeAsync();
        var cabinet = await IndexedCabinet.CreateAsync(own);
        await cabinet.FillAsync(3);
        await cabinet.EnqueueAsync(Entity.Stocks, await cabinet.IdsAsync(Entity.Stocks));
        await cabinet.ExecuteAsync("DO $do$ BEGIN ALTER TABLE wb_stocks DROP COLUMN warehouse_name CASCADE; END $do$");

        var range = cabinet.Input(new ChangeRange(Entity.Stocks, null, null));
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => cabinet.Applier.ApplyAsync(range, Stop));

        Assert.Equal(0, Assert.Single(await cabinet.Queue.CountAsync(cabinet.Id, Stop)).Failed);
    }

    private static Task<ApplyChangesResult> ApplyAsync(IndexedCabinet cabinet, RunMode mode) =>
        mode == RunMode.Full ? cabinet.RebuildAsync() : cabinet.CatchUpWithQueueAsync();
}
