using RagFunctions.Core.Runs.Sweep;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Runs;

/// <summary>A database for each test: these look at all cabinets.</summary>
public sealed class CabinetDirectoryTests : IAsyncLifetime
{
    private readonly DatabaseFixture _fixture = new();
    private RunsHarness? _harness;

    private RunsHarness Runs => _harness!;

    public async ValueTask InitializeAsync()
    {
        await _fixture.InitializeAsync();
        _harness = new RunsHarness(_fixture);
    }

    public async ValueTask DisposeAsync()
    {
        _harness?.Dispose();
        await _fixture.DisposeAsync();
    }

    [Fact]
    [Trait("Guarantee", "no-mass-deletion")]
    public async Task Active_cabinets_are_named_and_the_start_is_told()
    {
        var active = await _fixture.AddCabinetAsync();
        await _fixture.AddCabinetAsync(isActive: false);
        Assert.Equal([active], await Runs.Get<CabinetDirectory>().PurgeGoneAsync(RunsHarness.Cancel));
        Assert.Single(Runs.Log.Lines, "Starting weekly full rebuild for all cabinets");
    }

    [Fact]
    [Trait("Defect", "58")]
    public async Task A_cabinet_that_is_gone_is_removed_from_the_index()
    {
        await Runs.IndexedCabinetAsync();
        var gone = await Runs.IndexedCabinetAsync();
        await Runs.ChunkAsync(gone, 1);
        await Runs.ExecuteAsync("DELETE FROM wb_cabinets WHERE id = $1", gone);
        await Runs.Get<CabinetDirectory>().PurgeGoneAsync(RunsHarness.Cancel);
        Assert.Equal(0, await LeftOfAsync(gone));
    }

    [Fact]
    [Trait("Fault", "2")]
    [Trait("Guarantee", "all-cabinets")]
    public async Task A_cabinet_that_cannot_be_purged_keeps_no_other_from_its_purge()
    {
        var active = await Runs.IndexedCabinetAsync();
        long[] gone = [await Runs.IndexedCabinetAsync(), await Runs.IndexedCabinetAsync()];
        await Runs.IndexedCabinetAsync();
        await Runs.ChunkAsync(gone[0], 1);
        await _fixture.Source.ExecuteAsync($"""
            CREATE TABLE held (id bigint REFERENCES rag_metadata);
            INSERT INTO held SELECT id FROM rag_metadata WHERE cabinet_id = {gone[0]};
            DELETE FROM wb_cabinets WHERE id IN ({gone[0]}, {gone[1]})
            """);
        Assert.Contains(active, await Runs.Get<CabinetDirectory>().PurgeGoneAsync(RunsHarness.Cancel));
        Assert.Equal((1, 0), (await LeftOfAsync(gone[0]), await LeftOfAsync(gone[1])));
        Assert.Contains(Runs.Log.Lines, line => line.StartsWith($"Cabinet {gone[0]} no longer exists and its index could not be removed", StringComparison.Ordinal));

        await _fixture.Source.ExecuteAsync("DROP TABLE held");
        await Runs.Get<CabinetDirectory>().PurgeGoneAsync(RunsHarness.Cancel);
        Assert.Equal(0, await LeftOfAsync(gone[0]));
    }

    [Fact]
    [Trait("Guarantee", "no-mass-deletion")]
    public async Task Nothing_is_purged_when_main_lost_most_indexed_cabinets()
    {
        long[] cabinets = [await Runs.IndexedCabinetAsync(), await Runs.IndexedCabinetAsync(), await Runs.IndexedCabinetAsync()];
        await Runs.ExecuteAsync("DELETE FROM wb_cabinets WHERE id <> $1", cabinets[0]);
        await Runs.Get<CabinetDirectory>().PurgeGoneAsync(RunsHarness.Cancel);
        Assert.Equal(1, await LeftOfAsync(cabinets[1]));
        Assert.Contains(Runs.Log.Lines, line => line.StartsWith("The main database knows only 1 of 3 indexed cabinets", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Guarantee", "no-mass-deletion")]
    public async Task The_sweep_hides_cabinets_that_are_gone_unless_most_of_them_are()
    {
        long[] cabinets = [await Runs.IndexedCabinetAsync(), await Runs.IndexedCabinetAsync(), await Runs.IndexedCabinetAsync()];
        await Runs.ExecuteAsync("DELETE FROM wb_cabinets WHERE id = $1", cabinets[0]);
        await Runs.Get<CabinetSweep>().RunAsync(RunsHarness.Cancel);
        Assert.False(await Runs.StatusAsync<bool>(cabinets[0], "is_active"));
        await Runs.ExecuteAsync("DELETE FROM wb_cabinets WHERE id > 0");
        await Runs.Get<CabinetSweep>().RunAsync(RunsHarness.Cancel);
        Assert.True(await Runs.StatusAsync<bool>(cabinets[1], "is_active"));
    }

    private Task<long> LeftOfAsync(long cabinet) => Runs.ScalarAsync<long>("SELECT count(*) FROM rag_index_status WHERE cabinet_id = $1", cabinet);
}
