using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Embeddings;

public sealed class BatchEmbedderTests(DatabaseFixture fixture) : IClassFixture<DatabaseFixture>
{
    private static readonly string[] Texts = [.. Enumerable.Range(1, 40).Select(i => $"Отзыв {i}: куртка тёплая, размер {40 + i} в самый раз")];

    [Fact]
    [Trait("Defect", "5")]
    public async Task Every_stored_vector_belongs_to_the_stored_text()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync(Texts);
        var result = await scene.EmbedAllAsync();
        Assert.Equal((40, 1, 40, 0), (result.Embedded, result.Requests, result.Inputs, result.FailedChunks));
        Assert.Equal(Texts.Sum(text => (long)FakeEmbeddingsServer.TokensOf(text)), result.Tokens);
        await scene.AssertEmbeddedAsync(_ => true);
        Assert.Equal(0, (await scene.PlanAsync()).PendingChunks);
    }

    [Fact]
    [Trait("Guarantee", "paid-once")]
    public async Task Identical_texts_are_embedded_once_and_each_chunk_gets_the_vector()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync("одно", "одно", "другое", "одно");
        var result = await scene.EmbedAllAsync();
        Assert.Equal((4, 2), (result.Embedded, result.Inputs));
        await scene.AssertEmbeddedAsync(_ => true);
    }

    [Fact]
    [Trait("Guarantee", "paid-once")]
    [Trait("Defect", "7")]
    public async Task A_text_already_embedded_in_the_cabinet_is_not_paid_again()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync("одно");
        await scene.EmbedAllAsync();
        scene.Server.ForgetRequests();
        await scene.AddChunksAsync("одно", "одно");
        var result = await scene.EmbedAllAsync();
        Assert.Equal((0, 2, 0), (result.Embedded, result.Reused, result.Requests));
        Assert.Empty(scene.Server.Requests);
        await scene.AssertEmbeddedAsync(_ => true);
    }

    [Fact]
    [Trait("Guarantee", "right-vector")]
    public async Task A_vector_of_another_cabinet_or_another_model_is_not_reused()
    {
        await using var other = await EmbeddingScene.SetAsync(fixture);
        await other.AddChunksAsync("одно");
        await other.EmbedAllAsync();
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync("одно", "два");
        var first = await scene.EmbedAllAsync();
        Assert.Equal((2, 0, 2), (first.Embedded, first.Reused, first.Inputs));
        await scene.ExecuteAsync("UPDATE rag_metadata SET embedded_model = 'former' WHERE cabinet_id = $1 AND chunk_text = 'два'", scene.CabinetId);
        await scene.AddChunksAsync("два");
        var result = await scene.EmbedAllAsync();
        Assert.Equal((1, 0), (result.Embedded, result.Reused));
        Assert.Equal(2, scene.Server.Requests.Count);
    }

    [Fact]
    [Trait("Guarantee", "right-vector")]
    public async Task A_vector_of_a_former_text_is_not_reused()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync("прежний");
        await scene.EmbedAllAsync();
        await scene.ExecuteAsync(
            "UPDATE rag_metadata SET chunk_text = 'новый', chunk_hash = $2 WHERE cabinet_id = $1", scene.CabinetId, EmbeddingScene.HashOf("новый"));
        await scene.AddChunksAsync("новый");
        var result = await scene.EmbedAllAsync();
        Assert.Equal((2, 0, 1), (result.Embedded, result.Reused, result.Inputs));
        await scene.AssertEmbeddedAsync(_ => true);
    }

    [Fact]
    public async Task A_text_that_changes_while_it_is_embedded_stays_pending()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync("прежний", "другой");
        scene.Server.BeforeAnswer = _ => scene.ExecuteAsync(
            "UPDATE rag_metadata SET chunk_text = 'новый', chunk_hash = $2 WHERE cabinet_id = $1 AND chunk_text = 'прежний'",
            scene.CabinetId,
            EmbeddingScene.HashOf("новый"));
        var result = await scene.EmbedAllAsync();
        Assert.Equal((1, 2), (result.Embedded, result.Inputs));
        var changed = Assert.Single(await scene.ChunksAsync(), chunk => chunk.Text == "новый");
        Assert.Equal((false, true, null), (changed.IsEmbedded, changed.HasPendingSince, changed.Vector));
        await scene.AssertEmbeddedAsync(chunk => chunk.Text == "другой");
        Assert.Equal(1, (await scene.PlanAsync()).PendingChunks);
    }

    [Fact]
    public async Task A_chunk_deleted_while_it_is_embedded_leaves_no_vector()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync("уйдёт", "останется");
        scene.Server.BeforeAnswer = _ => scene.ExecuteAsync("DELETE FROM rag_metadata WHERE cabinet_id = $1 AND chunk_text = 'уйдёт'", scene.CabinetId);
        Assert.Equal(1, (await scene.EmbedAllAsync()).Embedded);
        Assert.Equal(1, await scene.ScalarAsync<long>("SELECT count(*) FROM rag_embeddings WHERE cabinet_id = $1", scene.CabinetId));
    }

    [Fact]
    [Trait("Defect", "4")]
    public async Task The_old_vector_stays_until_the_new_one_replaces_it()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync("прежний");
        await scene.EmbedAllAsync();
        await scene.ExecuteAsync(
            "UPDATE rag_metadata SET chunk_text = 'новый', chunk_hash = $2, pending_since = now() WHERE cabinet_id = $1",
            scene.CabinetId,
            EmbeddingScene.HashOf("новый"));
        scene.Server.BeforeAnswer = async _ =>
            Assert.Equal(FakeEmbeddingsServer.VectorOf("прежний", 1536), Assert.Single(await scene.ChunksAsync()).Vector);
        Assert.Equal(1, (await scene.EmbedAllAsync()).Embedded);
        await scene.AssertEmbeddedAsync(_ => true);
        Assert.Equal(1, await scene.ScalarAsync<long>("SELECT count(*) FROM rag_embeddings WHERE cabinet_id = $1", scene.CabinetId));
    }

    [Fact]
    [Trait("Defect", "4")]
    public async Task A_duplicate_activity_at_the_same_time_stores_every_vector_once()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync(Texts);
        var bothSent = new TaskCompletionSource();
        scene.Server.BeforeAnswer = _ =>
        {
            if (scene.Server.Requests.Count == 2)
            {
                bothSent.SetResult();
            }

            return bothSent.Task;
        };
        var results = await Task.WhenAll(scene.EmbedAllAsync(), scene.EmbedAllAsync());
        Assert.Equal(40, results.Sum(result => result.Embedded));
        await scene.AssertEmbeddedAsync(_ => true);
        Assert.Equal(40, await scene.ScalarAsync<long>("SELECT count(*) FROM rag_embeddings WHERE cabinet_id = $1", scene.CabinetId));
    }

    [Fact]
    [Trait("Defect", "25")]
    public async Task A_duplicate_afterwards_asks_for_nothing()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync(Texts);
        await scene.EmbedAllAsync();
        scene.Server.ForgetRequests();
        Assert.Equal(0, (await scene.EmbedAllAsync()).Requests);
        Assert.Empty(scene.Server.Requests);
    }

    [Fact]
    [Trait("Guarantee", "paid-once")]
    public async Task A_round_that_lost_its_lease_sends_nothing()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync(Texts);
        Assert.True((await scene.EmbedAllAsync(token: EmbeddingScene.Token - 1)).Superseded);
        Assert.True((await scene.PlanAsync(token: EmbeddingScene.Token - 1)).Superseded);
        Assert.Empty(scene.Server.Requests);
    }

    [Fact]
    [Trait("Defect", "25")]
    public async Task A_lease_lost_between_two_requests_stops_before_the_second()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture, options => options.MaxTokensPerRequest = 200);
        await scene.AddChunksAsync(Texts);
        scene.Server.BeforeAnswer = _ => scene.ExecuteAsync("UPDATE rag_index_status SET lease_token = 8 WHERE cabinet_id = $1", scene.CabinetId);
        var result = await scene.EmbedAllAsync();
        Assert.Equal((true, 1), (result.Superseded, result.Requests));
        Assert.Equal(result.Inputs, result.Embedded);
    }

    [Fact]
    [Trait("Defect", "47")]
    public async Task A_batch_keeps_the_lease_alive()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync("текст");
        await scene.ExecuteAsync(
            "UPDATE rag_index_status SET lease_heartbeat_at = now() - interval '2 minutes', lease_expires_at = now() + interval '1 minute' WHERE cabinet_id = $1",
            scene.CabinetId);
        await scene.EmbedAllAsync();
        Assert.True(await scene.ScalarAsync<bool>(
            "SELECT lease_expires_at > now() + interval '2 minutes' AND lease_heartbeat_at > now() - interval '1 minute' FROM rag_index_status WHERE cabinet_id = $1",
            scene.CabinetId));
    }

    [Fact]
    public async Task An_interval_takes_only_what_lies_in_it()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture);
        await scene.AddChunksAsync(Texts);
        await scene.EmbedAsync(new("4", "b"));
        foreach (var chunk in await scene.ChunksAsync())
        {
            var hash = EmbeddingScene.HashOf(chunk.Text);
            Assert.Equal(string.CompareOrdinal(hash, "4") >= 0 && string.CompareOrdinal(hash, "b") < 0, chunk.IsEmbedded);
        }
    }

    [Fact]
    [Trait("Defect", "61")]
    public async Task An_interval_that_has_grown_is_split_into_requests_within_the_limits()
    {
        await using var scene = await EmbeddingScene.SetAsync(fixture, options => options.MaxInputsPerRequest = 16);
        await scene.AddChunksAsync(Texts);
        var result = await scene.EmbedAllAsync();
        Assert.Equal((40, 3), (result.Embedded, result.Requests));
        Assert.Equal([16, 16, 8], scene.Server.Requests.Select(request => request.Inputs.Count));
        await scene.AssertEmbeddedAsync(_ => true);
    }

    [Fact]
    public async Task Another_embedders_index_gets_no_vector_and_both_are_named()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, cabinetId: 1);
        await scene.ExecuteAsync("INSERT INTO rag_embedder (model, dimensions) VALUES ('former-model', 1536)");
        await scene.AddChunksAsync("текст");
        var result = await scene.EmbedAllAsync();
        Assert.Contains("former-model", result.StopError, StringComparison.Ordinal);
        Assert.Contains("text-embedding-3-small", result.StopError, StringComparison.Ordinal);
        Assert.Empty(scene.Server.Requests);
    }

    [Fact]
    [Trait("Guarantee", "right-vector")]
    public async Task A_model_switched_meanwhile_takes_no_vector_of_the_former_one()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, cabinetId: 1);
        await scene.ExecuteAsync("INSERT INTO rag_embedder (model, dimensions) VALUES ('text-embedding-3-small', 1536)");
        await scene.AddChunksAsync("текст");
        scene.Server.BeforeAnswer = _ => scene.ExecuteAsync("UPDATE rag_embedder SET model = 'next-model'");
        Assert.Equal(0, (await scene.EmbedAllAsync()).Embedded);
        Assert.Null(Assert.Single(await scene.ChunksAsync()).Vector);
    }
}
