using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Embeddings;

public sealed class UnusableAnswerTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private static readonly string[] Texts = [.. Enumerable.Range(1, 30).Select(i => $"Заказ {i} от 3 марта")];

    [Fact]
    [Trait("Guarantee", "right-vector")]
    [Trait("Defect", "6")]
    public async Task Shuffled_but_complete_indices_are_put_in_order()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync(Texts);
        scene.Server.Script(FakeAnswer.With(AnswerFault.Shuffled));
        Assert.Equal(30, (await scene.EmbedAllAsync()).Embedded);
        await scene.AssertEmbeddedAsync(_ => true);
    }

    [Theory]
    [Trait("Guarantee", "right-vector")]
    [Trait("Defect", "6")]
    [InlineData(AnswerFault.WithoutIndex, "index")]
    [InlineData(AnswerFault.RepeatedIndex, "two vectors with index 29")]
    [InlineData(AnswerFault.ForeignIndex, "index 30")]
    [InlineData(AnswerFault.FewerVectors, "29 vectors for 30 texts")]
    [InlineData(AnswerFault.WrongDimension, "1536", 2)]
    [InlineData(AnswerFault.NaN, "NaN")]
    [InlineData(AnswerFault.Infinity, "infinity")]
    [InlineData(AnswerFault.Zeros, "zeros")]
    [InlineData(AnswerFault.HalfJson, "not the JSON")]
    public async Task Nothing_is_stored_from_an_unsound_answer_and_the_chunks_keep_waiting(AnswerFault fault, string named, int requests = 1)
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync(Texts);
        scene.Server.Script(FakeAnswer.With(fault));
        var result = await scene.EmbedAllAsync();
        Assert.Equal((0, requests, 29 + requests, 0), (result.Embedded, result.Requests, result.Inputs, result.FailedChunks));
        Assert.Contains(named, result.Error, StringComparison.Ordinal);
        Assert.Null(result.StopError);
        Assert.Null(result.RetryAt);
        Assert.All(await scene.ChunksAsync(), chunk =>
        {
            Assert.Equal((false, true, null, result.Error), (chunk.IsEmbedded, chunk.HasPendingSince, chunk.Vector, chunk.Error));
        });

        // The next round tries at once and clears what was kept about the failure.
        Assert.Equal(30, (await scene.PlanAsync()).PendingChunks);
        Assert.Equal(30, (await scene.EmbedAllAsync()).Embedded);
        await scene.AssertEmbeddedAsync(_ => true);
    }

    [Fact]
    [Trait("Guarantee", "right-vector")]
    public async Task An_answer_that_stays_unusable_is_not_paid_for_in_every_round()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync(Texts);
        scene.Server.Behaviour = _ => FakeAnswer.With(AnswerFault.HalfJson);
        await scene.EmbedAllAsync();
        await scene.EmbedAllAsync();
        scene.Server.ForgetRequests();
        var result = await scene.EmbedAllAsync();
        Assert.Equal((0, 0), (result.Requests, scene.Server.Requests.Count));
        Assert.Equal(0, (await scene.PlanAsync()).PendingChunks);
    }

    [Fact]
    [Trait("Guarantee", "right-vector")]
    public async Task A_text_that_spoils_each_answer_it_is_in_ends_up_alone()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync(Texts);
        scene.Server.Behaviour = request => request.Inputs.Contains(Texts[7]) ? FakeAnswer.With(AnswerFault.NaN) : null;
        for (var round = 0; round < 6; round++)
        {
            await scene.EmbedAllAsync();
            await scene.ExecuteAsync("UPDATE rag_metadata SET next_attempt_at = NULL WHERE cabinet_id = $1", scene.CabinetId);
        }

        await scene.AssertEmbeddedAsync(chunk => chunk.Text != Texts[7]);
        Assert.Single(await scene.ChunksAsync(), chunk => !chunk.IsEmbedded);
    }

    [Fact]
    public async Task The_former_vector_survives_an_unsound_answer()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync("прежний");
        await scene.EmbedAllAsync();
        await scene.ExecuteAsync(
            "UPDATE rag_metadata SET chunk_text = 'новый', chunk_hash = $2 WHERE cabinet_id = $1", scene.CabinetId, EmbeddingScene.HashOf("новый"));
        scene.Server.Script(FakeAnswer.With(AnswerFault.NaN));
        await scene.EmbedAllAsync();
        Assert.Equal(FakeEmbeddingsServer.VectorOf("прежний", 1536), Assert.Single(await scene.ChunksAsync()).Vector);
    }
}
