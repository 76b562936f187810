using Npgsql;
using Polly;
using Polly.Retry;
using RagFunctions.Core;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Search;
using RagFunctions.Core.Store;
using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Faults;

namespace RagFunctions.Tests.Stories;

/// <summary>Plays a story on a cabinet of its own, with the real driver; then one healthy run, after which everything must be right.</summary>
internal sealed class Story(StoryWorld world, long cabinetId) : IAsyncDisposable
{
    private const string ForgetDueChanges = "UPDATE rag_changes SET next_attempt_at = NULL WHERE cabinet_id = $1";

    private const string ForgetDueTimes = """
        WITH chunks AS (UPDATE rag_metadata SET next_attempt_at = NULL WHERE cabinet_id = $1 AND next_attempt_at IS NOT NULL),
             provider AS (UPDATE rag_provider SET not_before = NULL)
        UPDATE rag_index_status SET not_before = NULL, embedding_not_before = NULL WHERE cabinet_id = $1
        """;

    // Shifted as a whole, so that the length of the lease stays what it is.
    private const string LeaseRunsOut = """
        UPDATE rag_index_status
        SET lease_heartbeat_at = lease_heartbeat_at - interval '1 hour', lease_expires_at = lease_expires_at - interval '1 hour'
        WHERE cabinet_id = $1
        """;

    // Without a cursor the cabinet would catch up by timestamps, which hides a change that its queue has lost.
    // All of it has been read before: while a cabinet is read for the first time, a run leaves later changes to the end of its sync.
    private const string AnnouncedBySync = """
        INSERT INTO wb_sync_cursors (cabinet_id, entity, last_success_at)
        SELECT $1, entity, now() FROM unnest(ARRAY['cards', 'prices', 'stocks', 'orders', 'sales', 'reviews']) AS entity
        """;

    // A run of forty rows has about as many.
    private const int MostSteps = 12;

    // Who asks and meets a connection that was put out asks again.
    private readonly ResiliencePipeline _asking = new ResiliencePipelineBuilder()
        .AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<NpgsqlException>(error => error.IsTransient),
            MaxRetryAttempts = 20,
            Delay = TimeSpan.Zero,
        })
        .Build();

    private readonly StorySource _source = new(world, cabinetId);
    private readonly IRunSteps _steps = world.Get<IRunSteps>();
    private readonly StorySteps _delivered = new(world.Get<IRunSteps>());

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>Plays it and asserts the end.</summary>
    public async Task PlayAsync(IReadOnlyList<StoryStep> steps)
    {
        world.BusinessTime.Ahead = TimeSpan.Zero;
        world.Provider.Recover(takesPoison: false);
        await world.InMainAsync(AnnouncedBySync, cabinetId);
        foreach (var step in steps)
        {
            await PlayAsync(step);
        }

        world.Proxy.Arm(0, default);
        world.Provider.Recover(takesPoison: true);
        await _source.CommitLateAsync();
        await world.InMainAsync("UPDATE wb_cabinets SET is_active = true WHERE id = $1", cabinetId);
        if (_source.ChangedSilently)
        {
            await world.Get<IndexRequests>().StoreAsync(cabinetId, RunMode.Full, allowMassDelete: false, Stop);
        }

        await world.ServerNoticesDeathsAsync();
        await RetriesFallDueAsync();
        await world.InRagAsync(LeaseRunsOut, cabinetId);
        var run = await RunAsync(_steps, "durable:healthy");
        Assert.Equal((RunOutcome.Completed, null), (run.Outcome, run.Message));
        await AssertRightAsync();
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task PlayAsync(StoryStep step)
    {
        var entity = EntityNames.All[step.Which % 5];
        switch (step.Act)
        {
            case StoryAct.Insert:
                await _source.InsertAsync(entity, 1 + (step.Row % 4), "name", step.News);
                break;
            case StoryAct.InsertPoison:
                await _source.InsertAsync(step.Which % 2 == 0 ? Entity.Reviews : Entity.Products, 1 + (step.Row % 4), StoryProvider.Poison, step.News);
                break;
            case StoryAct.Change:
                await _source.ChangeAsync(entity, step.Row, step.News);
                break;
            case StoryAct.Delete:
                await _source.DeleteAsync(entity, step.Row, step.News);
                break;
            case StoryAct.Rename:
                await _source.RenameAsync(step.Row, step.News);
                break;
            case StoryAct.Hide:
                await _source.HideAsync(entity, step.Row, step.News);
                break;
            case StoryAct.TimePasses:
                world.BusinessTime.Ahead += TimeSpan.FromDays(step.Row % 50);
                await AssertSearchIsSafeAsync();
                break;
            case StoryAct.Switch:
                await world.InMainAsync("UPDATE wb_cabinets SET is_active = NOT is_active WHERE id = $1", cabinetId);
                break;
            case StoryAct.ForeignIds:
                await _source.AnnounceAsync(entity, step.Row, step.Row + 1_000_000, long.MaxValue);
                break;
            case StoryAct.RequestFull:
                await world.Get<IndexRequests>().StoreAsync(cabinetId, RunMode.Full, allowMassDelete: false, Stop);
                break;
            case StoryAct.ProviderTrouble:
                world.Provider.Trouble(step.Trouble, step.Times);
                break;
            case StoryAct.RetriesFallDue:
                await _source.CommitLateAsync();
                await RetriesFallDueAsync();
                break;
            case StoryAct.LateDelivery:
                await UnderFaultAsync(step.Run, () => _delivered.DeliverLateAsync(step.Row));
                break;
            case StoryAct.Run:
                await world.InRagAsync(LeaseRunsOut, cabinetId);
                _delivered.Prepare(step.Run.Delivery, 1 + (step.Run.InterruptedAt % MostSteps), BetweenSteps(step));
                world.Proxy.Interrupt(step.Run.InterruptedAt, BetweenStatements(step));
                world.Provider.Interrupt(step.Run.Interruption == StoryInterruption.WhileEmbedding ? ChangeAllAndRunAsync : null);
                await UnderFaultAsync(step.Run, () => RunAsync(_delivered, "durable:index"));
                await AssertSearchIsSafeAsync();
                break;
        }
    }

    private Func<Task>? BetweenStatements(StoryStep step) => step.Run.Interruption switch
    {
        StoryInterruption.Change => () => _source.ChangeAllAsync(),
        StoryInterruption.Rename => () => _source.RenameAllAsync(),
        StoryInterruption.Delete => () => _source.DeleteHalfAsync(),
        StoryInterruption.Overtaken => ChangeAllAndRunAsync,
        StoryInterruption.DatabaseTurns => () => TurnAsync(step),
        StoryInterruption.ClockJumps => () =>
        {
            world.BusinessTime.Wrong = TimeSpan.FromDays((step.Row * 4) - 121);
            return Task.CompletedTask;
        }
        ,
        _ => null,
    };

    // Some troubles are over while the run still goes on.
    private async Task TurnAsync(StoryStep step)
    {
        await world.Role.StrikeAsync(step.Run.DatabaseTrouble, step.Which % 2 == 0 ? world.Main : world.Rag, step.Row);
        if (step.Times % 2 == 0)
        {
            world.Proxy.Interrupt(1 + step.Row, world.Role.RecoverAsync);
        }
    }

    private async Task RetriesFallDueAsync()
    {
        await world.InMainAsync(ForgetDueChanges, cabinetId);
        await world.InRagAsync(ForgetDueTimes, cabinetId);
    }

    private async Task ChangeAllAndRunAsync()
    {
        await _source.ChangeAllAsync();
        await RunAsync(_steps, "durable:index");
    }

    private Func<Task>? BetweenSteps(StoryStep step) => step.Run.Interruption switch
    {
        StoryInterruption.TakenOver => () => RunAsync(_steps, "durable:index"),
        StoryInterruption.TakenOverByAnother => OvertakeAsync,
        StoryInterruption.LateDelivery => () => _delivered.DeliverLateAsync(step.Row),
        _ => null,
    };

    private async Task OvertakeAsync()
    {
        await world.InRagAsync(LeaseRunsOut, cabinetId);
        await RunAsync(_steps, "cli:another");
    }

    private Task<RunSummary> RunAsync(IRunSteps steps, string owner) => world.DriverOf(steps).RunAsync(new RunInput(cabinetId, owner), null, Stop);

    /// <summary>Connections die as the step says; a late delivery has nobody who would repeat it.</summary>
    private async Task UnderFaultAsync(StoryRun run, Func<Task> act)
    {
        world.Proxy.Arm(run.FaultAt, run.AnswerLost ? ConnectionFault.AnswerLost : ConnectionFault.BeforeRequest, run.Cuts, run.AtCommit);
        var running = act();
        await _source.CommitLateAsync(unlessDone: running);
        try
        {
            await running;
        }
        catch (Exception error) when (error is NpgsqlException or IOException or ObjectDisposedException)
        {
        }

        world.Proxy.Arm(0, default);
        world.Proxy.Interrupt(0, null);
        world.Provider.Interrupt(null);

        // It may outlive the run it has interrupted, and goes on working in the same instance's name.
        await Task.WhenAll(world.Proxy.Interrupting, world.Provider.Interrupting);
        world.BusinessTime.Wrong = TimeSpan.Zero;
        if (run.Interruption == StoryInterruption.DatabaseTurns)
        {
            await world.Role.RecoverWhollyAsync();
        }
    }

    private async Task AssertRightAsync()
    {
        var report = await world.Get<IndexVerifier>().VerifyAsync(cabinetId, world.BusinessTime.GetUtcNow(), 20, Stop);
        Assert.True(report.IsClean, report + string.Join(", ", report.Examples));
        var chunks = await world.ChunksAsync(cabinetId);
        Assert.All(chunks, chunk => Assert.Equal(FakeEmbeddingsServer.VectorOf(chunk.Text, world.Dimensions), chunk.Vector));
        Assert.Equal(0, await world.InMainAsync<long>("SELECT count(*) FROM rag_changes WHERE cabinet_id = $1", cabinetId));
        Assert.Equal(0, await world.InRagAsync<long>("SELECT count(*) FROM rag_metadata WHERE cabinet_id = $1 AND pending_since IS NOT NULL", cabinetId));
        Assert.Equal(Math.Min(chunks.Count, SearchRequest.MaxLimit), await AssertSearchIsSafeAsync());
    }

    /// <summary>Whatever state the index is in: no row of another cabinet, none older than 90 days, none of a cabinet that is switched off.</summary>
    private async Task<int> AssertSearchIsSafeAsync()
    {
        var question = FakeEmbeddingsServer.VectorOf("question", world.Dimensions);
        var request = new SearchRequest("question") { Mode = SearchMode.Vector, Limit = SearchRequest.MaxLimit };
        var hits = (await _asking.ExecuteAsync(
            async token => await world.Get<IndexSearch>().FindAsync(cabinetId, request, question, token), Stop)).Hits;
        var oldest = world.BusinessTime.GetUtcNow().AddDays(-90);
        Assert.All(hits, hit => Assert.True(_source.Knows(hit.Entity, hit.SourceId), $"{hit.Entity} {hit.SourceId} is another cabinet's"));
        Assert.All(hits, hit => Assert.True(hit.BusinessDate is null || hit.BusinessDate > oldest, $"{hit.Entity} {hit.SourceId} is of {hit.BusinessDate}"));
        Assert.True(hits.Count == 0 || await world.InRagAsync<bool>("SELECT is_active FROM rag_index_status WHERE cabinet_id = $1", cabinetId));
        return hits.Count;
    }
}
