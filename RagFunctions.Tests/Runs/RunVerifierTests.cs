using RagFunctions.Core;
using RagFunctions.Core.Chunks;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Source;
using RagFunctions.Core.Store;
using RagFunctions.Tests.Postgres;
using RagFunctions.Tests.Store;

namespace RagFunctions.Tests.Runs;

/// <summary>The end of a full run: each row was compared when its range was applied, so the question is whether that was every row.</summary>
public sealed class RunVerifierTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private int _rendered;

    public static TheoryData<Entity> Entities => [.. EntityNames.All];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task When_both_databases_name_the_same_rows_nothing_is_rendered_again()
    {
        var cabinet = await IndexedAsync();
        Assert.Equal(new VerifiedCounts(0, 0, 0, 0), await VerifyAsync(cabinet));

        await cabinet.ExecuteAsync("UPDATE rag_metadata SET embedded_hash = NULL WHERE cabinet_id = $1 AND nm_id = 3");
        Assert.Equal(new VerifiedCounts(0, 0, 0, Pending: 5), await VerifyAsync(cabinet));
        Assert.Equal(0, _rendered);
    }

    [Theory]
    [Trait("Guarantee", "verified")]
    [MemberData(nameof(Entities))]
    public async Task A_row_that_the_index_lacks_is_counted(Entity entity)
    {
        var cabinet = await IndexedAsync();
        await cabinet.ExecuteAsync("DELETE FROM rag_metadata WHERE cabinet_id = $1 AND source_table = $2 AND nm_id = 2", entity.TableName());
        Assert.Equal(new VerifiedCounts(Missing: 1, 0, 0, 0), await VerifyAsync(cabinet));
        Assert.Equal(25, _rendered);
    }

    [Theory]
    [Trait("Guarantee", "verified")]
    [MemberData(nameof(Entities))]
    public async Task A_row_that_the_source_has_no_longer_is_counted(Entity entity)
    {
        var cabinet = await IndexedAsync();
        await cabinet.ExecuteAsync($"DELETE FROM {entity.TableName()} WHERE cabinet_id = $1 AND nm_id = 2");

        // What prints the name of a card that is gone has another text.
        Assert.Equal(new VerifiedCounts(0, entity == Entity.Products ? 4 : 0, Surplus: 1, 0), await VerifyAsync(cabinet));
    }

    [Theory]
    [Trait("Guarantee", "verified")]
    [InlineData(new long[] { 1_000_001, 1_000_004 }, new long[] { 1_000_002, 1_000_003 })]
    [InlineData(new[] { long.MaxValue, 2_000_001 }, new[] { long.MaxValue - 1, 2_000_002 })]
    public async Task Swapped_rows_are_told_although_number_and_sum_agree(long[] indexed, long[] offered)
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(2);
        await GiveIdsAsync(cabinet, indexed);
        await cabinet.IndexAllAsync();
        await GiveIdsAsync(cabinet, offered);
        Assert.Equal(new VerifiedCounts(2, 0, 2, 0), await VerifyAsync(cabinet));
    }

    [Fact]
    [Trait("Guarantee", "verified")]
    public async Task What_expires_after_the_run_has_begun_still_counts_as_offered()
    {
        var cabinet = await IndexedAsync();
        cabinet.AsOf = cabinet.AsOf.AddDays(89).AddMinutes(-1);
        Assert.Equal(new VerifiedCounts(0, 0, 0, 0), await VerifyAsync(cabinet));
        cabinet.AsOf = cabinet.AsOf.AddMinutes(2);
        Assert.Equal(new VerifiedCounts(0, 0, Surplus: 15, 0), await VerifyAsync(cabinet));
    }

    private static Task GiveIdsAsync(IndexedCabinet cabinet, long[] ids) => cabinet.ExecuteAsync(
        "UPDATE wb_orders SET id = ($2::bigint[])[nm_id::int] WHERE cabinet_id = $1", ids);

    private async Task<IndexedCabinet> IndexedAsync()
    {
        var cabinet = await IndexedCabinet.CreateAsync(fixture);
        await cabinet.FillAsync(5);
        await cabinet.IndexAllAsync();
        return cabinet;
    }

    private async Task<VerifiedCounts> VerifyAsync(IndexedCabinet cabinet)
    {
        var everything = new IndexVerifier(fixture.Main, fixture.Rag) { Render = Render };
        await using var connection = await fixture.Source.OpenConnectionAsync(Stop);
        return await new RunVerifier(new SourceRowSets(fixture.Main), everything)
            .VerifyAsync(cabinet.Id, cabinet.AsOf, RunFigures.CountAsync(connection, cabinet.Id, Stop), Stop);

        RenderedRow Render(SourceRow row)
        {
            Interlocked.Increment(ref _rendered);
            return ChunkRenderer.Render(row);
        }
    }
}
