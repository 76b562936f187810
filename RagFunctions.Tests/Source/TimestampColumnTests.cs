using RagFunctions.Core;
using RagFunctions.Tests.Postgres;
using RagFunctions.Tests.Store;

namespace RagFunctions.Tests.Source;

/// <summary>A main database whose dates have no time zone.</summary>
public sealed class TimestampColumnTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private const string WithoutZones = """
        ALTER TABLE wb_orders ALTER order_date TYPE timestamp USING order_date AT TIME ZONE 'Europe/Moscow',
            ALTER created_at TYPE timestamp USING created_at AT TIME ZONE 'Europe/Moscow', ALTER updated_at TYPE timestamp USING updated_at AT TIME ZONE 'Europe/Moscow';
        ALTER TABLE wb_sales ALTER sale_date TYPE timestamp USING sale_date AT TIME ZONE 'Europe/Moscow';
        ALTER TABLE wb_reviews ALTER created_date TYPE timestamp USING created_date AT TIME ZONE 'Europe/Moscow';
        """;

    [Fact]
    [Trait("Fault", "10")]
    [Trait("Guarantee", "any-value")]
    public async Task Dates_without_a_time_zone_are_read_as_Moscow_time()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(5);
        await cabinet.IndexAllAsync();
        var text = await cabinet.TextAsync(Entity.Orders, await cabinet.IdOfAsync(Entity.Orders, 1));
        await fixture.Source.ExecuteAsync(WithoutZones);

        var again = await cabinet.RebuildAsync();
        Assert.Equal((0, 0, 25), (again.FailedRows, again.Updated, again.Unchanged));
        Assert.Equal(text, await cabinet.TextAsync(Entity.Orders, await cabinet.IdOfAsync(Entity.Orders, 1)));
        Assert.True((await cabinet.VerifyAsync()).IsClean);
    }
}
