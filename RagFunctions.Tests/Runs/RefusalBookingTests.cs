using RagFunctions.Core.Runs;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Runs;

public sealed class RefusalBookingTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    [Fact]
    [Trait("Guarantee", "one-run")]
    public async Task A_refused_run_delivered_twice_has_one_row()
    {
        using var runs = new RunsHarness(fixture);
        var cabinet = await runs.IndexedCabinetAsync();
        await runs.RecordEmbedderAsync();
        using var other = new RunsHarness(
            fixture, ("Embeddings:Provider", "openai"), ("Embeddings:Model", "some-other-model"), ("Embeddings:Endpoint", "http://127.0.0.1:9/v1"));
        var run = Guid.NewGuid();
        var first = await other.BeginAsync(cabinet, run);

        var second = await other.BeginAsync(cabinet, run);

        Assert.Equal((BeginStatus.Refused, BeginStatus.Refused, first.Message), (first.Status, second.Status, second.Message));
        Assert.Equal(1, await runs.ScalarAsync<long>("SELECT count(*) FROM rag_index_runs WHERE cabinet_id = $1 AND outcome = 'failed'", cabinet));
        Assert.Equal(run, await runs.StatusAsync<Guid>(cabinet, "last_run_id"));
    }
}
