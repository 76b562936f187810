using RagFunctions.AllCabinets;
using RagFunctions.Core;

namespace RagFunctions.Tests.AllCabinets;

public sealed class StartAllCabinetsTests
{
    private static readonly TimeSpan RunTime = TimeSpan.FromMinutes(2);

    [Fact]
    [Trait("Guarantee", "all-cabinets")]
    public async Task All_are_started_once_by_id_a_bounded_number_at_a_time()
    {
        var driver = new AllCabinetsDriver { Cabinets = Ids(37), IsBusy = (id, since) => since < RunTime * (1 + id % 3) };
        var result = await driver.RunAsync(StartAllCabinets.RunAsync, new AllCabinetsInput(RunMode.CatchUp));
        Assert.Equal(Ids(37), driver.Started.Select(started => started.CabinetId));
        Assert.All(driver.Started, started => Assert.Equal(RunMode.CatchUp, started.Mode));
        Assert.Equal((37, 0, 0), (result.Started, result.NotStarted, result.Late));
        Assert.Equal(10, driver.MostAtOnce);
        Assert.Equal(0, driver.Purges);
        Assert.Empty(driver.Record);

        // Each poll is a generation of its own: history does not grow with the number of cabinets.
        Assert.True(driver.Generations > 10);
    }

    [Fact]
    [Trait("Fault", "2")]
    [Trait("Guarantee", "all-cabinets")]
    public async Task A_cabinet_that_cannot_be_started_stops_nobody()
    {
        var driver = new AllCabinetsDriver { Cabinets = Ids(25), Fails = id => id % 5 == 0 };
        var result = await driver.RunAsync(StartAllCabinets.RunAsync, new AllCabinetsInput(RunMode.CatchUp));
        Assert.Equal((20, 5, 0), (result.Started, result.NotStarted, result.Late));
        Assert.Equal(Ids(25).Where(id => id % 5 > 0), driver.Started.Select(started => started.CabinetId));
    }

    [Fact]
    public async Task A_hanging_cabinet_gives_its_place_away_at_its_deadline()
    {
        var driver = new AllCabinetsDriver { Cabinets = Ids(21), IsBusy = (id, since) => id <= 10 || since < RunTime };
        var result = await driver.RunAsync(StartAllCabinets.RunAsync, new AllCabinetsInput(RunMode.CatchUp));
        Assert.Equal((21, 0, 10), (result.Started, result.NotStarted, result.Late));
        Assert.InRange(driver.Elapsed, StartAllCabinets.CabinetDeadline, StartAllCabinets.CabinetDeadline + TimeSpan.FromMinutes(10));
    }

    [Fact]
    [Trait("Guarantee", "all-cabinets")]
    public async Task One_that_hangs_takes_one_place_and_the_others_go_on()
    {
        var driver = new AllCabinetsDriver { Cabinets = Ids(40), IsBusy = (id, since) => id == 1 || since < RunTime };
        var result = await driver.RunAsync(StartAllCabinets.RunAsync, new AllCabinetsInput(RunMode.CatchUp));
        Assert.Equal((40, 0, 1), (result.Started, result.NotStarted, result.Late));

        // The other 39 were through long before its deadline.
        Assert.InRange(driver.Elapsed, StartAllCabinets.CabinetDeadline, StartAllCabinets.CabinetDeadline + TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task Without_cabinets_it_ends_at_once()
    {
        var driver = new AllCabinetsDriver();
        var result = await driver.RunAsync(StartAllCabinets.RunAsync, new AllCabinetsInput(RunMode.CatchUp));
        Assert.Equal((0, 0, 0), (result.Started, result.NotStarted, result.Late));
    }

    [Fact]
    [Trait("Guarantee", "all-cabinets")]
    public async Task The_weekly_rebuild_purges_once_and_asks_for_full_runs()
    {
        var driver = new AllCabinetsDriver { Cabinets = Ids(30), IsBusy = (_, since) => since < RunTime };
        var result = await driver.RunAsync(RebuildAllCabinets.RunAsync, new AllCabinetsInput(RunMode.Full, IsWeekly: true));
        Assert.Equal((30, 0, 0), (result.Started, result.NotStarted, result.Late));
        Assert.All(driver.Started, started => Assert.Equal(RunMode.Full, started.Mode));
        Assert.Equal(1, driver.Purges);
        Assert.Equal(["begin", "end"], driver.Record);
    }

    [Fact]
    [Trait("Fault", "2")]
    public async Task A_purge_that_fails_keeps_nobody_from_being_rebuilt()
    {
        var driver = new AllCabinetsDriver { Cabinets = Ids(3), PurgeFails = true };
        var result = await driver.RunAsync(RebuildAllCabinets.RunAsync, new AllCabinetsInput(RunMode.Full, IsWeekly: true));
        Assert.Equal((3, 0, 0), (result.Started, result.NotStarted, result.Late));
    }

    [Fact]
    public async Task A_resumed_rebuild_leaves_out_what_was_rebuilt_since_it_began()
    {
        var begun = new DateTimeOffset(2026, 3, 1, 2, 0, 0, TimeSpan.Zero);
        var driver = new AllCabinetsDriver { Cabinets = Ids(3) };
        await driver.RunAsync(RebuildAllCabinets.RunAsync, new AllCabinetsInput(RunMode.Full) { Since = begun });
        Assert.All(driver.Since, since => Assert.Equal(begun, since));
        Assert.Equal(["end"], driver.Record);
    }

    [Fact]
    public async Task A_rebuild_of_all_that_a_caller_asks_for_purges_nothing()
    {
        var driver = new AllCabinetsDriver { Cabinets = Ids(3) };
        await driver.RunAsync(RebuildAllCabinets.RunAsync, new AllCabinetsInput(RunMode.Full));
        Assert.Equal(0, driver.Purges);
    }

    [Fact]
    public async Task A_sync_of_all_is_bounded_and_keeps_the_time_of_asking()
    {
        var askedAt = new DateTimeOffset(2026, 3, 1, 2, 0, 0, TimeSpan.Zero);
        var driver = new AllCabinetsDriver { Cabinets = Ids(25), IsBusy = (_, since) => since < RunTime, Steps = ("StartSync", "BusySyncs") };
        var result = await driver.RunAsync(SyncAllCabinets.RunAsync, new AllCabinetsInput(RunMode.Incremental) { SyncAskedAt = askedAt });
        Assert.Equal(Ids(25), driver.Started.Select(started => started.CabinetId));
        Assert.All(driver.Started, started => Assert.Equal(askedAt, started.SyncAskedAt));
        Assert.Equal((25, 0, 0, 10, 0), (result.Started, result.NotStarted, result.Late, driver.MostAtOnce, driver.Purges));
    }

    private static long[] Ids(int count) => [.. Enumerable.Range(1, count)];
}
