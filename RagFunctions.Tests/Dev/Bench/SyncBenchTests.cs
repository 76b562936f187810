using RagFunctions.Dev.Bench;
using RagFunctions.Dev.Bench.Sync;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Dev.Bench;

public sealed class SyncBenchTests(DatabaseFixture database) : IClassFixture<DatabaseFixture>
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("SELECT 1", 0)]
    [InlineData("SELECT id FROM wb_orders FOR UPDATE", 1)]
    [InlineData("UPDATE wb_orders SET price = price", 1)]
    [InlineData("INSERT INTO wb_reviews (cabinet_id, review_id, nm_id) SELECT id, 'new ' || clock_timestamp(), 7 FROM wb_cabinets LIMIT 1", 1)]
    public async Task Rows_written_or_only_locked_are_counted(string sql, long expected)
    {
        var cabinet = await database.AddCabinetAsync();
        await ExecuteAsync($"DELETE FROM wb_orders; INSERT INTO wb_orders (cabinet_id, nm_id, price) VALUES ({cabinet}, 7, 1)");
        var probe = new SyncProbe(database.Source);
        await probe.BeforeAsync(Ct);

        await ExecuteAsync(sql);

        var (written, queued, _) = await probe.AfterAsync(Ct);
        Assert.Equal((expected, 0), (written, queued));
    }

    [Fact]
    public async Task The_shop_has_about_the_orders_asked_for_in_new_cabinets()
    {
        await using var shop = await BenchShop.StartAsync(2_000);

        Assert.InRange(shop.Orders, 1_700, 2_300);
        Assert.NotEqual(await shop.AddCabinetAsync(database.Source, Ct), await shop.AddCabinetAsync(database.Source, Ct));
        await shop.FetchAsync(Ct);
        Assert.Equal(0, shop.TakeRequests());
    }

    [Theory]
    [InlineData(nameof(SyncStep.FirstLoad), 100, 100, null, true)]
    [InlineData(nameof(SyncStep.FirstLoad), 100, 99, null, false)]
    [InlineData(nameof(SyncStep.FirstLoad), 0, 0, null, false)]
    [InlineData(nameof(SyncStep.QuietReread), 0, 0, null, true)]
    [InlineData(nameof(SyncStep.QuietReread), 1, 0, null, false)]
    [InlineData(nameof(SyncStep.NextSync), 0, 1, null, false)]
    [InlineData(nameof(SyncStep.NextSync), 0, 0, "the sync ended Failed", false)]
    public void A_step_that_did_something_else_than_it_must_is_wrong(string step, long written, long queued, string? error, bool expected)
    {
        var reading = new SyncReading(Enum.Parse<SyncStep>(step), new BenchReading(1, 0, 0, 0, error), 1, 100, written, queued, 0);

        Assert.Equal(expected, reading.IsRight);
    }

    private async Task ExecuteAsync(string sql)
    {
        await using var command = database.Source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Ct);
    }
}
