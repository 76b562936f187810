using RagFunctions.Core;
using RagFunctions.Core.Store;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Store;

/// <summary>What a full run writes is read again before its commit: a database that stores something else is not believed.</summary>
public sealed class WrittenChunksTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private const string OtherHash = "NEW.chunk_hash := repeat('0', 64); RETURN NEW;";
    private const string OtherDate = "NEW.business_date := NEW.business_date - interval '1 day'; RETURN NEW;";
    private const string Nothing = "RETURN NULL;";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [Trait("Guarantee", "verified")]
    [InlineData("INSERT", OtherHash)]
    [InlineData("INSERT", OtherDate)]
    [InlineData("INSERT", Nothing)]
    [InlineData("UPDATE", OtherHash)]
    [InlineData("UPDATE", Nothing)]
    [InlineData("DELETE", Nothing)]
    public async Task A_page_is_not_committed_when_the_index_holds_something_else(string statement, string does)
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(4);
        await cabinet.IndexAllAsync();
        await cabinet.ExecuteAsync("INSERT INTO wb_orders (cabinet_id, order_id, nm_id, price, order_date) VALUES ($1, 'o5', 5, 5, now() - interval '1 day')");
        await cabinet.ExecuteAsync("UPDATE wb_orders SET price = 100 WHERE cabinet_id = $1 AND nm_id = 1");
        await cabinet.ExecuteAsync("DELETE FROM wb_orders WHERE cabinet_id = $1 AND nm_id = 2");
        var before = await OrdersAsync(cabinet);
        var range = cabinet.Input(new ChangeRange(Entity.Orders, null, null), RunMode.Full);
        await using (await TriggerAsync(statement, does))
        {
            var error = await Assert.ThrowsAsync<InvalidOperationException>(() => cabinet.Applier.ApplyAsync(range, Stop));
            Assert.Contains("wb_orders", error.Message, StringComparison.Ordinal);
            Assert.Equal(before, await OrdersAsync(cabinet));
        }

        var result = await cabinet.Applier.ApplyAsync(range, Stop);
        Assert.Equal((1, 1, 2, 1), (result.New, result.Updated, result.Unchanged, result.Deleted));
    }

    [Fact]
    [Trait("Guarantee", "verified")]
    public async Task A_chunk_too_many_of_a_row_that_stays_must_go()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(2);
        await cabinet.IndexAllAsync();
        await cabinet.ExecuteAsync("""
            INSERT INTO rag_metadata (cabinet_id, source_table, source_id, chunk_index, chunk_type, chunk_text, chunk_hash)
            SELECT cabinet_id, source_table, source_id, 1, chunk_type, 'more', repeat('1', 64) FROM rag_metadata
            WHERE cabinet_id = $1 AND source_table = 'wb_orders'
            """);
        var range = cabinet.Input(new ChangeRange(Entity.Orders, null, null), RunMode.Full);
        await using (await TriggerAsync("DELETE", Nothing))
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => cabinet.Applier.ApplyAsync(range, Stop));
        }

        Assert.Equal(2, (await cabinet.Applier.ApplyAsync(range, Stop)).Deleted);
        Assert.Equal(2, await cabinet.ChunksAsync(Entity.Orders));
    }

    private static Task<string> OrdersAsync(IndexedCabinet cabinet) => cabinet.ScalarAsync<string>("""
        SELECT string_agg(concat_ws(' ', source_id, chunk_index, chunk_hash, business_date), ', ' ORDER BY source_id, chunk_index)
        FROM rag_metadata WHERE cabinet_id = $1 AND source_table = 'wb_orders'
        """);

    private async Task<IAsyncDisposable> TriggerAsync(string statement, string does)
    {
        await fixture.Source.ExecuteAsync($"""
            CREATE FUNCTION meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {does} END $$;
            CREATE TRIGGER meddles BEFORE {statement} ON rag_metadata FOR EACH ROW EXECUTE FUNCTION meddle()
            """);
        return new Meddling(fixture);
    }

    private sealed class Meddling(DatabaseFixture fixture) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync() => await fixture.Source.ExecuteAsync("DROP FUNCTION meddle() CASCADE");
    }
}
