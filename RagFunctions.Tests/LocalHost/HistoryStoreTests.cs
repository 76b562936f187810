using Microsoft.DurableTask.Client;
using RagFunctions.LocalHost.Orchestrations;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.LocalHost;

/// <summary>
/// What a decision may write, asked of the store alone: in a running host a session that was ended mostly stops before it gets so far.
/// </summary>
public sealed class HistoryStoreTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>, IAsyncLifetime
{
    private static readonly DateTimeOffset At = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static readonly OrchestrationRuntimeStatus[] Ended =
        [OrchestrationRuntimeStatus.Completed, OrchestrationRuntimeStatus.Failed, OrchestrationRuntimeStatus.Terminated];

    private static readonly Decision GoesOn = new(OrchestrationRuntimeStatus.Running, [], null, "\"decided\"");

    private static readonly HistoryEvent[] Events =
    [
        new(HistoryKind.EpisodeStarted, -1, null, null, At),
        new(HistoryKind.ActivityScheduled, 0, "Note", "\"first\"", At),
    ];

    private HistoryStore Store => new(fixture.Rag);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await fixture.Source.ExecuteAsync("DROP SCHEMA IF EXISTS local_host CASCADE");
        await fixture.Source.ExecuteAsync(HistorySchema.Create);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_decision_of_a_replaced_execution_is_not_stored()
    {
        var old = await InsertAsync();
        await InsertAsync();
        Assert.False(await Store.CommitAsync(old, GoesOn, 0, Events, Ct));
        Assert.False(await Store.CommitNextGenerationAsync(old, old with { ExecutionId = Guid.NewGuid(), Input = "2" }, Ct));
        Assert.Equal(("Pending", null, "1", 0), await StoredAsync());
    }

    [Fact]
    public async Task A_decision_on_a_terminated_instance_is_not_stored()
    {
        var instance = await InsertAsync();
        Assert.True(await Store.CommitAsync(instance, GoesOn, 0, Events, Ct));
        await Store.TerminateAsync("x", "\"enough\"", At, Ct);
        Assert.False(await Store.CommitAsync(instance, GoesOn with { CustomStatus = "\"later\"" }, 2, Events, Ct));
        Assert.False(await Store.CommitNextGenerationAsync(instance, instance with { ExecutionId = Guid.NewGuid(), Input = "2" }, Ct));
        Assert.Equal(("Terminated", "\"decided\"", "1", 2), await StoredAsync());
    }

    [Fact]
    public async Task A_decision_on_a_purged_instance_is_not_stored()
    {
        var instance = await InsertAsync();
        await Store.TerminateAsync("x", null, At, Ct);
        Assert.Equal(1, await Store.PurgeAsync("x", null, null, Ended, Ct));
        Assert.False(await Store.CommitAsync(instance, GoesOn, 0, Events, Ct));
        Assert.Equal(0, await CountAsync("history"));
    }

    [Fact]
    public async Task An_instance_that_goes_on_is_not_purged()
    {
        await InsertAsync();
        Assert.Equal(0, await Store.PurgeAsync("x", null, null, Ended, Ct));
        Assert.Equal(1, await CountAsync("instances"));
    }

    [Fact]
    public async Task A_decision_whose_answer_was_lost_is_stored_once()
    {
        var instance = await InsertAsync();
        Assert.True(await Store.CommitAsync(instance, GoesOn, 0, Events, Ct));
        Assert.True(await Store.CommitAsync(instance, GoesOn, 0, Events, Ct));
        Assert.Equal(("Running", "\"decided\"", "1", 2), await StoredAsync());
    }

    [Fact]
    public async Task A_next_generation_whose_answer_was_lost_is_stored_once()
    {
        var instance = await InsertAsync();
        await Store.CommitAsync(instance, GoesOn, 0, Events, Ct);
        var next = instance with { ExecutionId = Guid.NewGuid(), Input = "2" };
        Assert.True(await Store.CommitNextGenerationAsync(instance, next, Ct));
        Assert.True(await Store.CommitNextGenerationAsync(instance, next, Ct));
        Assert.Equal(("Running", null, "2", 0), await StoredAsync());
        Assert.True(await Store.CommitAsync(next, GoesOn, 0, Events, Ct));
    }

    [Fact]
    public async Task History_that_a_kill_has_left_without_an_execution_is_removed_at_the_next_start()
    {
        var instance = await InsertAsync();
        await Store.CommitAsync(instance, GoesOn, 0, Events, Ct);
        await fixture.Source.ExecuteAsync(
            "INSERT INTO local_host.history (execution_id, seq, kind, task_id, at) VALUES (gen_random_uuid(), 0, 'EpisodeStarted', -1, now())");
        await fixture.Source.ExecuteAsync(HistorySchema.Create);
        Assert.Equal(2, await CountAsync("history"));
    }

    private async Task<OrchestrationInstance> InsertAsync()
    {
        var instance = new OrchestrationInstance("x", Guid.NewGuid(), "Gated", OrchestrationRuntimeStatus.Pending, "1", null, null, At, At);
        Assert.True(await Store.InsertAsync(instance, [], Ct));
        return instance;
    }

    private async Task<(string Status, string? CustomStatus, string? Input, long Events)> StoredAsync()
    {
        var instance = (await Store.FindAsync("x", Ct))!;
        return (instance.Status.ToString(), instance.CustomStatus, instance.Input, await CountAsync("history"));
    }

    private async Task<long> CountAsync(string table)
    {
        await using var count = fixture.Source.CreateCommand($"SELECT count(*) FROM local_host.{table}");
        return (long)(await count.ExecuteScalarAsync(Ct))!;
    }
}
