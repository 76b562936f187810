using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Embeddings;

public sealed class RefusedTextTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private const string Poison = "отравленный текст";

    [Theory]
    [Trait("Guarantee", "poison")]
    [Trait("Defect", "5")]
    [InlineData(400)]
    [InlineData(413)]
    [InlineData(422)]
    public async Task One_poison_text_among_1000_leaves_999_indexed(int status)
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture, options => options.MaxInputsPerRequest = 1_000);
        await scene.AddChunksAsync([.. Enumerable.Range(1, 999).Select(i => $"текст {i}"), Poison]);
        scene.Server.Behaviour = request => request.Inputs.Contains(Poison) ? FakeAnswer.Error(status, "invalid_input", "the input is not taken") : null;
        var result = await scene.EmbedAllAsync();
        Assert.Equal((999, 1, null, null), (result.Embedded, result.FailedChunks, result.StopError, result.RetryAt));
        await scene.AssertEmbeddedAsync(chunk => chunk.Text != Poison);
        var failed = Assert.Single(await scene.ChunksAsync(), chunk => chunk.Text == Poison);
        Assert.Equal((false, true, 1), (failed.IsEmbedded, failed.HasPendingSince, failed.Attempts));
        Assert.Contains("the input is not taken", failed.Error, StringComparison.Ordinal);
        Assert.True(failed.NextAttemptAt > DateTimeOffset.UtcNow);

        // Halving: the batch, the probe, then two for each of the ten halvings.
        Assert.InRange(result.Requests, 12, 22);
    }

    [Fact]
    public async Task A_refused_text_rests_until_its_next_attempt_in_every_chunk()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync(Poison, "хороший", Poison);
        scene.Server.Behaviour = request => request.Inputs.Contains(Poison) ? FakeAnswer.Error(400) : null;
        Assert.Equal(2, (await scene.EmbedAllAsync()).FailedChunks);
        Assert.Equal([1, 1], (await scene.ChunksAsync()).Where(chunk => chunk.Text == Poison).Select(chunk => chunk.Attempts));
        scene.Server.ForgetRequests();
        Assert.Equal(0, (await scene.EmbedAllAsync()).Requests);
        Assert.Empty((await scene.PlanAsync()).Intervals);
        await scene.ExecuteAsync("UPDATE rag_metadata SET next_attempt_at = now() WHERE cabinet_id = $1 AND next_attempt_at IS NOT NULL", scene.CabinetId);
        scene.Server.Behaviour = null;
        Assert.Equal(2, (await scene.EmbedAllAsync()).Embedded);
        await scene.AssertEmbeddedAsync(_ => true);
    }

    [Fact]
    public async Task Waiting_grows_from_refusal_to_refusal_up_to_a_day()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync(Poison);
        scene.Server.Behaviour = request => request.Inputs.Contains(Poison) ? FakeAnswer.Error(400) : null;
        List<int> minutes = [];
        for (var attempt = 0; attempt < 6; attempt++)
        {
            await scene.EmbedAllAsync();
            minutes.Add((int)Math.Round(await scene.ScalarAsync<double>(
                "SELECT (extract(epoch FROM next_attempt_at - updated_at) / 60)::float8 FROM rag_metadata WHERE cabinet_id = $1", scene.CabinetId)));
            await scene.ExecuteAsync("UPDATE rag_metadata SET next_attempt_at = NULL WHERE cabinet_id = $1", scene.CabinetId);
        }

        Assert.Equal([10, 40, 160, 640, 1440, 1440], minutes);
    }

    [Fact]
    [Trait("Guarantee", "right-vector")]
    public async Task The_vector_of_the_former_text_goes_with_the_first_refusal()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync("прежний");
        await scene.EmbedAllAsync();
        await scene.ExecuteAsync(
            "UPDATE rag_metadata SET chunk_text = $2, chunk_hash = $3 WHERE cabinet_id = $1", scene.CabinetId, Poison, EmbeddingScene.HashOf(Poison));
        scene.Server.Behaviour = request => request.Inputs.Contains(Poison) ? FakeAnswer.Error(400) : null;
        await scene.EmbedAllAsync();
        Assert.Null(Assert.Single(await scene.ChunksAsync()).Vector);

        // And the chunk does not pass for embedded when its text goes back.
        await scene.ExecuteAsync(
            "UPDATE rag_metadata SET chunk_text = 'прежний', chunk_hash = $2, next_attempt_at = NULL WHERE cabinet_id = $1",
            scene.CabinetId,
            EmbeddingScene.HashOf("прежний"));
        Assert.Equal(1, (await scene.EmbedAllAsync()).Embedded);
        await scene.AssertEmbeddedAsync(_ => true);
    }

    [Fact]
    [Trait("Guarantee", "poison")]
    public async Task A_text_beyond_the_input_limit_is_refused_without_being_sent()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        var tooLong = string.Join(' ', Enumerable.Range(1, 9_000).Select(i => $"слово{i}"));
        await scene.AddChunksAsync(tooLong, "хороший");
        var result = await scene.EmbedAllAsync();
        Assert.Equal((1, 1, 1), (result.Embedded, result.FailedChunks, result.Inputs));
        Assert.DoesNotContain(scene.Server.Requests, request => request.Inputs.Contains(tooLong));
        Assert.Contains("8191", Assert.Single(await scene.ChunksAsync(), chunk => !chunk.IsEmbedded).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_outage_during_the_halving_leaves_the_rest_waiting_unmarked()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, cabinetId: 1);
        await scene.AddChunksAsync([.. Enumerable.Range(1, 30).Select(i => $"текст {i}"), Poison]);
        scene.Server.Behaviour = request => request.Inputs.Count < 10 && request.Inputs.Count > 1 ? FakeAnswer.Error(503)
            : request.Inputs.Contains(Poison) ? FakeAnswer.Error(400) : null;
        var result = await scene.EmbedAllAsync();
        Assert.NotNull(result.RetryAt);
        Assert.Equal(0, result.FailedChunks);
        Assert.All(await scene.ChunksAsync(), chunk => Assert.Equal((0, null), (chunk.Attempts, chunk.Error)));
    }
}
