using Microsoft.Extensions.Logging.Abstractions;
using RagFunctions.Core;
using RagFunctions.Core.Store;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Store;

/// <summary>Source and index are read at the same time, so neither read knows where the other one ends: pages of three rows.</summary>
public sealed class PageBorderTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private const int PageRows = 3;

    // A row of many chunks, so that the index's part of a page ends before the source's.
    private const string LongReview = "UPDATE wb_reviews SET text = repeat('Ткань приятная к телу и не просвечивает. ', 150) WHERE cabinet_id = $1 AND nm_id = 5";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(RunMode.Full)]
    [InlineData(RunMode.Incremental)]
    public async Task Nothing_happens_twice_where_source_and_index_pages_end_differently(RunMode mode)
    {
        var cabinet = await CreateAsync();
        await cabinet.ExecuteAsync(LongReview);
        var first = await ApplyAllAsync(cabinet, mode);
        Assert.True(first.New > 50, $"{first.New} chunks: the long review is one chunk");
        Assert.Equal((0, 0, 0), (first.Updated, first.Unchanged, first.Deleted));

        var again = await ApplyAllAsync(cabinet, mode);
        Assert.Equal((0, 0, first.New, 0), (again.New, again.Updated, again.Unchanged, again.Deleted));
    }

    [Fact]
    public async Task Exactly_the_rows_that_changed_around_page_ends_change()
    {
        var cabinet = await CreateAsync();
        await ApplyAllAsync(cabinet, RunMode.Full);
        await cabinet.ExecuteAsync("DELETE FROM wb_stocks WHERE cabinet_id = $1 AND nm_id IN (1, 3, 4, 6, 7, 10)");
        await cabinet.FillAsync(7, from: 11);

        var result = await ApplyAllAsync(cabinet, RunMode.Full);

        Assert.Equal((35, 0, 44, 6), (result.New, result.Updated, result.Unchanged, result.Deleted));
        Assert.Equal(await cabinet.IdsAsync(Entity.Stocks), await cabinet.ScalarAsync<long[]>(
            "SELECT array_agg(source_id ORDER BY source_id) FROM rag_metadata WHERE cabinet_id = $1 AND source_table = 'wb_stocks'"));
    }

    [Fact]
    [Trait("Guarantee", "verified")]
    public async Task Verification_counts_each_difference_once_wherever_a_page_ends()
    {
        var cabinet = await CreateAsync();
        await cabinet.ExecuteAsync(LongReview);
        await ApplyAllAsync(cabinet, RunMode.Full);
        await cabinet.EmbedAsync();
        var verifier = new IndexVerifier(fixture.Main, fixture.Rag) { PageRows = PageRows };
        Assert.True((await verifier.VerifyAsync(cabinet.Id, cabinet.AsOf, 20, Stop)).IsClean);

        await cabinet.ExecuteAsync("DELETE FROM wb_stocks WHERE cabinet_id = $1 AND nm_id IN (3, 4, 10)");
        await cabinet.ExecuteAsync("DELETE FROM rag_metadata WHERE cabinet_id = $1 AND source_table = 'wb_orders' AND nm_id IN (1, 6, 7)");
        await cabinet.ExecuteAsync("UPDATE wb_sales SET amount = 7777 WHERE cabinet_id = $1 AND nm_id IN (2, 9)");
        var report = await verifier.VerifyAsync(cabinet.Id, cabinet.AsOf, 20, Stop);
        Assert.Equal((47, 3, 2, 3, 0), (report.Rows, report.Missing, report.Stale, report.Surplus, report.Pending));
    }

    private async Task<IndexedCabinet> CreateAsync()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        cabinet.Applier = new ChangeApplier(fixture.Main, fixture.Rag, NullLogger<ChangeApplier>.Instance) { PageRows = PageRows };
        await cabinet.FillAsync(10);
        return cabinet;
    }

    /// <summary>Every row, one open-ended range for each entity; products first.</summary>
    private static async Task<(long New, long Updated, long Unchanged, long Deleted)> ApplyAllAsync(IndexedCabinet cabinet, RunMode mode)
    {
        (long New, long Updated, long Unchanged, long Deleted) sum = default;
        foreach (var entity in EntityNames.All.OrderBy(entity => entity != Entity.Products))
        {
            if (mode == RunMode.Incremental)
            {
                await cabinet.EnqueueAsync(entity, await cabinet.IdsAsync(entity));
            }

            var result = await cabinet.Applier.ApplyAsync(cabinet.Input(new ChangeRange(entity, null, null), mode), Stop);
            sum = (sum.New + result.New, sum.Updated + result.Updated, sum.Unchanged + result.Unchanged, sum.Deleted + result.Deleted);
        }

        return sum;
    }
}
