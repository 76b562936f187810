using Microsoft.Extensions.DependencyInjection;
using RagFunctions.Core.Runs;
using RagFunctions.Core.Runs.Sweep;
using RagFunctions.Core.Search;
using RagFunctions.Core.Status;
using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Generations;

namespace RagFunctions.Tests.Runs;

/// <summary>A cabinet whose embedding must wait for minutes or hours, whatever for.</summary>
public sealed class EmbeddingPauseTests
{
    private const string PauseIsOver = """
        WITH provider AS (UPDATE rag_provider SET not_before = clock_timestamp())
        UPDATE rag_index_status SET embedding_not_before = clock_timestamp()
        """;

    private static CancellationToken Stop => SwitchWorld.Stop;

    public static TheoryData<FakeAnswer, string, string?> Troubles => new()
    {
        { FakeAnswer.TooManyRequests(retryAfterSeconds: 900), RunOutcome.Waiting, null },
        { FakeAnswer.Error(401, "invalid_api_key", "no such key"), RunOutcome.Failed, "no such key" },
    };

    [Theory]
    [MemberData(nameof(Troubles))]
    [Trait("Guarantee", "provider")]
    public async Task Texts_and_deletions_go_on_while_embedding_waits(FakeAnswer trouble, string outcome, string? error)
    {
        await using var world = await SwitchWorld.CreateAsync();
        var cabinet = await world.AddCabinetAsync(20);
        world.Server.Behaviour = _ => trouble;
        world.Server.ForgetRequests();
        await world.ChangeRowsAsync(cabinet, 1);
        Assert.Equal(outcome, (await world.RunAsync(cabinet)).Outcome);
        Assert.Single(world.Server.Requests);
        Assert.Null(await DueAsync(world, cabinet));

        // In this order: which rows go is left to chance, and a new one is looked for below.
        await world.DeleteRowsAsync(cabinet, 5);
        await world.AddRowsAsync(cabinet, 2);
        Assert.Equal(SweepReason.Changes, await DueAsync(world, cabinet));
        var run = await world.RunAsync(cabinet);
        Assert.Equal(outcome, run.Outcome);
        Assert.True(run.NotBefore > DateTimeOffset.UtcNow.AddMinutes(5));
        Assert.Single(world.Server.Requests);
        Assert.Equal(0, await world.ScalarAsync<long>("SELECT count(*) FROM rag_changes WHERE cabinet_id = $1", cabinet));
        Assert.Equal(
            await world.ScalarAsync<long>("SELECT count(*) FROM wb_reviews WHERE cabinet_id = $1", cabinet),
            await world.ScalarAsync<long>(
                "SELECT count(*) FROM rag_metadata AS m JOIN wb_reviews AS r ON r.id = m.source_id AND position(r.text IN m.chunk_text) > 0 WHERE m.cabinet_id = $1", cabinet));
        Assert.Equal(17, (await world.ChunksAsync(cabinet)).Count);

        var found = await world.SearchAsync(cabinet, "отзыв номер 21", mode: SearchMode.Text);
        Assert.Contains(found.Hits, hit => hit.Text.Contains("номер 21", StringComparison.Ordinal));

        var status = await world.Worker.GetRequiredService<IndexStatusReader>().ReadAsync(cabinet, Stop);
        Assert.Equal((outcome, true), (status.Outcome, status.NotBefore > DateTimeOffset.UtcNow.AddMinutes(5)));
        Assert.Contains(error ?? "", status.LastError ?? "", StringComparison.Ordinal);
        Assert.Null(await DueAsync(world, cabinet));

        world.Server.Behaviour = null;
        await world.ExecuteAsync(PauseIsOver);
        Assert.Equal(SweepReason.Pending, await DueAsync(world, cabinet));
        Assert.Equal(RunOutcome.Completed, (await world.RunAsync(cabinet)).Outcome);
        await world.AssertRightAsync(cabinet, nextLength: null);
    }

    private static async Task<SweepReason?> DueAsync(SwitchWorld world, long cabinet) =>
        (await world.Worker.GetRequiredService<SweepQuery>().FindAsync(Stop)).Due.SingleOrDefault(due => due.CabinetId == cabinet)?.Reason;
}
