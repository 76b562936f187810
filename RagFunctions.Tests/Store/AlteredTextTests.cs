using RagFunctions.Core;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Store;

public sealed class AlteredTextTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    [Fact]
    [Trait("Fault", "12")]
    [Trait("Guarantee", "verified")]
    public async Task A_stored_text_that_somebody_altered_is_told_and_repaired()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(3);
        await cabinet.IndexAllAsync();
        var order = await cabinet.IdOfAsync(Entity.Orders, 2);
        var text = await cabinet.TextAsync(Entity.Orders, order);
        await cabinet.ExecuteAsync("UPDATE rag_metadata SET chunk_text = 'altered' WHERE cabinet_id = $1 AND source_table = 'wb_orders' AND source_id = $2", order);

        Assert.Equal(1, (await cabinet.VerifyAsync()).Stale);
        Assert.Equal((1, 14), ((await cabinet.RebuildAsync()) is var again ? again.Updated : 0, again.Unchanged));
        Assert.Equal(text, await cabinet.TextAsync(Entity.Orders, order));
        Assert.True((await cabinet.VerifyAsync()).IsClean);
        Assert.Equal(0, await cabinet.WrongVectorsAsync());
    }
}
