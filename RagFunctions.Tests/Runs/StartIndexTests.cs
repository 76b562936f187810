using RagFunctions.Core;
using RagFunctions.Core.Runs;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Runs;

public sealed class StartIndexTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>, IDisposable
{
    private readonly RunsHarness _runs = new(fixture);

    public void Dispose() => _runs.Dispose();

    [Fact]
    [Trait("Guarantee", "request-kept")]
    [Trait("Defect", "45")]
    public async Task A_delta_is_queued_before_the_run_is_started_and_told_once()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        var result = await StartAsync(new StartIndexRequest(cabinet, ChangedIds: Delta((Entity.Orders, [1, 2, 2]), (Entity.Sales, [7]))));
        Assert.Equal(new StartIndexResult(StartIndexStatus.Accepted, RunMode.Incremental, 3, new StartedRun($"index-{cabinet}", false)), result);
        Assert.Equal(3, await QueuedAsync(cabinet));
        Assert.Equal([cabinet], _runs.Starter.Started);
        Assert.Single(_runs.Log.Lines, $"Triggering Event-driven RAG indexing for cabinet {cabinet} with 4 changes");
        Assert.Null(await _runs.StatusAsync<string?>(cabinet, "requested_mode"));
    }

    [Fact]
    [Trait("Guarantee", "provider")]
    public async Task A_caller_ends_the_pause_of_the_embedding_and_a_timer_does_not()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        await _runs.ExecuteAsync(
            "UPDATE rag_index_status SET embedding_not_before = now() + interval '1 hour', embedding_error = '401' WHERE cabinet_id = $1", cabinet);
        await _runs.Get<StartIndex>().StartModeAsync(cabinet, RunMode.Full, RunsHarness.Cancel);
        await _runs.Get<StartIndex>().StartChangedAsync(cabinet, changes: null, RunsHarness.Cancel);
        Assert.True(await _runs.StatusAsync<bool>(cabinet, "embedding_not_before > now() AND embedding_error = '401'"));
        await StartAsync(new StartIndexRequest(cabinet));
        Assert.True(await _runs.StatusAsync<bool>(cabinet, "embedding_not_before IS NULL AND embedding_error IS NULL"));
    }

    [Fact]
    [Trait("Guarantee", "no-lost-change")]
    [Trait("Defect", "34")]
    public async Task Nothing_is_lost_when_the_start_fails()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        _runs.Starter.Failure = new InvalidOperationException("the task hub is away");
        var result = await StartAsync(new StartIndexRequest(cabinet, FullRebuild: true, ChangedIds: Delta((Entity.Orders, [1]))));
        Assert.Equal((StartIndexStatus.Accepted, RunMode.Full, 1L, null), (result.Status, result.Mode, result.AcceptedChanges, result.Run));
        Assert.Equal(1, await QueuedAsync(cabinet));
        Assert.Equal("full_rebuild", await _runs.StatusAsync<string?>(cabinet, "requested_mode"));
    }

    [Fact]
    [Trait("Defect", "11")]
    public async Task A_delta_without_any_id_does_nothing_at_all()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        var before = await _runs.StatusAsync<DateTime?>(cabinet, "last_incremental_at");
        Assert.Equal(StartIndexStatus.NothingToDo, (await StartAsync(new StartIndexRequest(cabinet, ChangedIds: Delta((Entity.Orders, []))))).Status);
        Assert.Equal(StartIndexStatus.NothingToDo, (await StartAsync(new StartIndexRequest(cabinet, ChangedIds: Delta()))).Status);
        Assert.Empty(_runs.Starter.Started);
        Assert.Null(await _runs.StatusAsync<string?>(cabinet, "requested_mode"));
        Assert.Equal(before, await _runs.StatusAsync<DateTime?>(cabinet, "last_incremental_at"));
    }

    [Fact]
    [Trait("Guarantee", "request-kept")]
    [Trait("Defect", "38")]
    public async Task Without_a_delta_the_cabinet_catches_up_and_says_so()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        Assert.Equal(RunMode.CatchUp, (await StartAsync(new StartIndexRequest(cabinet))).Mode);
        Assert.Equal("catch_up", await _runs.StatusAsync<string?>(cabinet, "requested_mode"));
        Assert.Single(_runs.Log.Lines, $"Triggering RAG indexing for cabinet {cabinet} (no delta available)");
        Assert.Equal(RunMode.CatchUp, (await _runs.BeginAsync(cabinet, Guid.NewGuid())).Mode);
    }

    [Fact]
    [Trait("Defect", "39")]
    public async Task A_never_indexed_cabinet_gets_a_full_run_whatever_was_asked()
    {
        var cabinet = await fixture.AddCabinetAsync();
        Assert.Equal(RunMode.Full, (await StartAsync(new StartIndexRequest(cabinet, ChangedIds: Delta((Entity.Orders, [1]))))).Mode);
        Assert.Equal(RunMode.Full, (await StartAsync(new StartIndexRequest(cabinet))).Mode);
    }

    [Theory]
    [Trait("Defect", "42")]
    [Trait("Defect", "54")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_unknown_or_inactive_cabinet_stores_nothing(bool inactive)
    {
        var cabinet = inactive ? await fixture.AddCabinetAsync(isActive: false) : 987_654_321L;
        var result = await StartAsync(new StartIndexRequest(cabinet, FullRebuild: true, ChangedIds: Delta((Entity.Orders, [1]))));
        Assert.Equal(StartIndexStatus.UnknownCabinet, result.Status);
        Assert.Equal(0, await QueuedAsync(cabinet));
        Assert.Equal(0, await _runs.ScalarAsync<long>("SELECT count(*) FROM rag_index_status WHERE cabinet_id = $1", cabinet));
        Assert.Empty(_runs.Starter.Started);
    }

    [Fact]
    [Trait("Guarantee", "request-kept")]
    [Trait("Defect", "37")]
    public async Task A_sync_without_changes_starts_nothing_an_unsure_one_catches_up()
    {
        var cabinet = await _runs.IndexedCabinetAsync();
        var start = _runs.Get<StartIndex>();
        Assert.Null(await start.StartChangedAsync(cabinet, 0, RunsHarness.Cancel));
        Assert.Empty(_runs.Starter.Started);
        await start.StartChangedAsync(cabinet, 45, RunsHarness.Cancel);
        Assert.Single(_runs.Log.Lines, $"Triggering Event-driven RAG indexing for cabinet {cabinet} with 45 changes");
        await start.StartChangedAsync(cabinet, null, RunsHarness.Cancel);
        Assert.Equal("catch_up", await _runs.StatusAsync<string?>(cabinet, "requested_mode"));
    }

    [Fact]
    [Trait("Guarantee", "request-kept")]
    public async Task The_strongest_request_is_kept_and_each_moves_the_version()
    {
        var cabinet = await fixture.AddCabinetAsync();
        var requests = _runs.Get<IndexRequests>();
        foreach (var (mode, allow, kept) in (List<(RunMode, bool, string)>)[
            (RunMode.Incremental, false, "incremental"), (RunMode.CatchUp, true, "catch_up"), (RunMode.Incremental, false, "catch_up"),
            (RunMode.Full, false, "full_rebuild"), (RunMode.CatchUp, false, "full_rebuild")])
        {
            var version = await _runs.StatusAsync<long>(cabinet, "request_version");
            await requests.StoreAsync(cabinet, mode, allow, RunsHarness.Cancel);
            Assert.Equal(kept, await _runs.StatusAsync<string?>(cabinet, "requested_mode"));
            Assert.Equal(version + 1, await _runs.StatusAsync<long>(cabinet, "request_version"));
        }

        Assert.True(await _runs.StatusAsync<bool>(cabinet, "allow_mass_delete"));
    }

    private Task<StartIndexResult> StartAsync(StartIndexRequest request) => _runs.Get<StartIndex>().StartAsync(request, RunsHarness.Cancel);

    private Task<long> QueuedAsync(long cabinet) => _runs.ScalarAsync<long>("SELECT count(*) FROM rag_changes WHERE cabinet_id = $1", cabinet);

    private static Dictionary<Entity, IReadOnlyCollection<long>> Delta(params (Entity Entity, long[] Ids)[] changes) =>
        changes.ToDictionary(change => change.Entity, change => (IReadOnlyCollection<long>)change.Ids);
}
