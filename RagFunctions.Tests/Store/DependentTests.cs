using RagFunctions.Core;
using RagFunctions.Core.Store;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Store;

public sealed class DependentTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [Trait("Guarantee", "dependents")]
    [Trait("Defect", "13")]
    [InlineData("UPDATE wb_products SET name = 'New name' WHERE cabinet_id = $1 AND nm_id = 2", 4)]
    [InlineData("UPDATE wb_products SET name = NULL WHERE cabinet_id = $1 AND nm_id = 2", 4)]
    [InlineData("UPDATE wb_products SET name = 'New name', is_active = false WHERE cabinet_id = $1 AND nm_id = 2", 4)]
    [InlineData("DELETE FROM wb_products WHERE cabinet_id = $1 AND nm_id = 2", 4)]
    [InlineData("UPDATE wb_products SET nm_id = 77 WHERE cabinet_id = $1 AND nm_id = 2", 4)]
    public async Task A_product_that_changes_refreshes_the_chunks_that_print_its_name(string change, int refreshed)
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(3);
        await cabinet.IndexAllAsync();
        var product = await cabinet.IdOfAsync(Entity.Products, 2);
        await cabinet.ExecuteAsync(change);
        await cabinet.EnqueueAsync(Entity.Products, product);

        var result = await cabinet.CatchUpWithQueueAsync();

        Assert.InRange(result.Updated, refreshed, refreshed + 1);
        Assert.Equal(0, await cabinet.QueuedAsync());
        await cabinet.EmbedAsync();
        Assert.True((await cabinet.VerifyAsync()).IsClean);
    }

    [Fact]
    [Trait("Guarantee", "dependents")]
    public async Task A_product_that_comes_later_than_its_orders_gives_them_its_name()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(1);
        await cabinet.ExecuteAsync("DELETE FROM wb_products WHERE cabinet_id = $1");
        await cabinet.IndexAllAsync();
        await cabinet.ExecuteAsync("INSERT INTO wb_products (cabinet_id, nm_id, name) VALUES ($1, 1, 'Late product')");
        await cabinet.EnqueueAsync(Entity.Products, await cabinet.IdsAsync(Entity.Products));

        await cabinet.CatchUpWithQueueAsync();

        Assert.Contains("Late product", await cabinet.TextAsync(Entity.Orders, await cabinet.IdOfAsync(Entity.Orders, 1)), StringComparison.Ordinal);
        await cabinet.EmbedAsync();
        Assert.True((await cabinet.VerifyAsync()).IsClean);
    }

    [Fact]
    public async Task A_product_renamed_while_hidden_refreshes_its_orders()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(2);
        await cabinet.IndexAllAsync();
        var product = await cabinet.IdOfAsync(Entity.Products, 1);
        foreach (var change in (string[])["is_active = false", "name = 'Renamed in hiding'"])
        {
            await cabinet.ExecuteAsync($"UPDATE wb_products SET {change} WHERE cabinet_id = $1 AND nm_id = 1");
            await cabinet.EnqueueAsync(Entity.Products, product);
            await cabinet.CatchUpWithQueueAsync();
        }

        Assert.Contains("Renamed in hiding", await cabinet.TextAsync(Entity.Orders, await cabinet.IdOfAsync(Entity.Orders, 1)), StringComparison.Ordinal);
        await cabinet.EmbedAsync();
        Assert.True((await cabinet.VerifyAsync()).IsClean);
    }

    [Fact]
    [Trait("Guarantee", "dependents")]
    public async Task A_deleted_hidden_product_leaves_no_order_with_its_name()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(2);
        await cabinet.IndexAllAsync();
        var product = await cabinet.IdOfAsync(Entity.Products, 1);
        foreach (var change in (string[])["UPDATE wb_products SET is_active = false WHERE cabinet_id = $1 AND nm_id = 1", "DELETE FROM wb_products WHERE cabinet_id = $1 AND nm_id = 1"])
        {
            await cabinet.ExecuteAsync(change);
            await cabinet.EnqueueAsync(Entity.Products, product);
            await cabinet.CatchUpWithQueueAsync();
        }

        await cabinet.EmbedAsync();
        Assert.True((await cabinet.VerifyAsync()).IsClean);
    }

    [Fact]
    [Trait("Guarantee", "dependents")]
    public async Task A_dependent_queued_already_gets_a_new_version_and_keeps_its_age()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(1);
        await cabinet.IndexAllAsync();
        foreach (var entity in EntityNames.All.Except([Entity.Products]))
        {
            await cabinet.EnqueueAsync(entity, await cabinet.IdsAsync(entity));
        }

        await cabinet.ExecuteAsync("UPDATE rag_changes SET first_changed_at = '2026-01-01', next_attempt_at = now() + interval '1 hour' WHERE cabinet_id = $1");
        var version = await cabinet.ScalarAsync<long>("SELECT max(version) FROM rag_changes WHERE cabinet_id = $1");
        await cabinet.ExecuteAsync("UPDATE wb_products SET name = 'New name' WHERE cabinet_id = $1");

        await cabinet.Applier.ApplyAsync(cabinet.Input(new ChangeRange(Entity.Products, null, null), RunMode.Full), Stop);

        const string announced = "SELECT count(*) FROM rag_changes WHERE cabinet_id = $1 AND version > $2 AND next_attempt_at IS NULL AND first_changed_at = '2026-01-01'";
        Assert.Equal(4, await cabinet.ScalarAsync<long>(announced, version));
    }

    [Fact]
    public async Task A_product_whose_name_stays_queues_nobody()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(3);
        await cabinet.IndexAllAsync();
        await cabinet.ExecuteAsync("UPDATE wb_products SET price = price + 1 WHERE cabinet_id = $1");
        await cabinet.EnqueueAsync(Entity.Products, await cabinet.IdsAsync(Entity.Products));

        var result = await cabinet.CatchUpWithQueueAsync();

        Assert.Equal((3, 3), (result.RowsRead, result.Updated));
    }

    [Fact]
    [Trait("Guarantee", "dependents")]
    public async Task In_a_full_run_only_renamed_or_vanished_products_queue_dependents()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(3);
        await cabinet.Applier.ApplyAsync(cabinet.Input(new ChangeRange(Entity.Products, null, null), RunMode.Full), Stop);
        Assert.Equal(0, await cabinet.QueuedAsync());
        await cabinet.RebuildAsync();
        await cabinet.ExecuteAsync("UPDATE wb_products SET name = 'New name' WHERE cabinet_id = $1 AND nm_id = 1");
        await cabinet.ExecuteAsync("DELETE FROM wb_products WHERE cabinet_id = $1 AND nm_id = 2");

        await cabinet.Applier.ApplyAsync(cabinet.Input(new ChangeRange(Entity.Products, null, null), RunMode.Full), Stop);

        Assert.Equal(8, await cabinet.QueuedAsync());
    }

    /// <summary>The other order would lose them: once the new name is stored nobody knows that it was new.</summary>
    [Fact]
    [Trait("Guarantee", "dependents")]
    [Trait("Defect", "13")]
    public async Task Dependents_are_queued_and_committed_before_the_new_name_is_stored()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(1);
        await cabinet.IndexAllAsync();
        var product = await cabinet.IdOfAsync(Entity.Products, 1);
        await cabinet.ExecuteAsync("UPDATE wb_products SET name = 'New name' WHERE cabinet_id = $1");
        await cabinet.EnqueueAsync(Entity.Products, product);
        await using var blocker = await fixture.Source.OpenConnectionAsync(Stop);
        await using var transaction = await blocker.BeginTransactionAsync(Stop);
        await using (var lockRow = blocker.CreateCommand())
        {
            lockRow.CommandText = "SELECT FROM rag_metadata WHERE cabinet_id = $1 AND source_table = 'wb_products' FOR UPDATE";
            lockRow.Parameters.AddWithValue(cabinet.Id);
            await lockRow.ExecuteNonQueryAsync(Stop);
        }

        var apply = cabinet.Applier.ApplyAsync(cabinet.Input(new ChangeRange(Entity.Products, null, null)), Stop);
        await Waiting.ForAnyLockAsync(fixture.Source, blocker.ProcessID, Stop);

        Assert.Equal(5, await cabinet.QueuedAsync());
        await transaction.RollbackAsync(Stop);
        await apply;
        Assert.Equal(4, await cabinet.QueuedAsync());
    }
}
