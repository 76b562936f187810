using RagFunctions.Core.Embeddings;
using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Embeddings;

public sealed class ProviderPauseTests
{
    [Theory]
    [Trait("Guarantee", "provider")]
    [Trait("Defect", "43")]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(429)]
    [InlineData(408)]
    public async Task An_outage_ends_as_a_value_after_three_tries_and_marks_nothing(int status)
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, cabinetId: 1);
        await scene.AddChunksAsync("один", "два");
        scene.Server.Behaviour = _ => FakeAnswer.Error(status);
        var result = await scene.EmbedAllAsync();
        Assert.True(result.RetryAt > DateTimeOffset.UtcNow);
        Assert.Equal((null, 0, 3), (result.StopError, result.Embedded, scene.Server.Requests.Count));
        Assert.All(await scene.ChunksAsync(), chunk => Assert.Equal((0, null, null), (chunk.Attempts, chunk.Error, chunk.NextAttemptAt)));
    }

    [Theory]
    [Trait("Defect", "44")]
    [InlineData(AnswerFault.Hang)]
    [InlineData(AnswerFault.Cut)]
    public async Task A_provider_that_does_not_answer_is_an_outage(AnswerFault fault)
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, cabinetId: 1, options => options.RequestBudgetSeconds = 0.3);
        await scene.AddChunksAsync("один");
        scene.Server.Behaviour = _ => FakeAnswer.With(fault);
        Assert.NotNull((await scene.EmbedAllAsync()).RetryAt);
    }

    [Fact]
    public async Task Two_failures_and_a_right_answer_are_a_success()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, cabinetId: 1);
        await scene.AddChunksAsync("один");
        scene.Server.Script(FakeAnswer.TooManyRequests(), FakeAnswer.With(AnswerFault.Cut));
        Assert.Equal(1, (await scene.EmbedAllAsync()).Embedded);
        await scene.AssertEmbeddedAsync(_ => true);
    }

    [Fact]
    [Trait("Guarantee", "provider")]
    [Trait("Defect", "30")]
    public async Task A_second_worker_honours_the_pause_without_a_request()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, cabinetId: 1);
        await using var second = await EmbeddingScene.SetAsync(database, cabinetId: 2);
        await scene.AddChunksAsync("один");
        await second.AddChunksAsync("два");
        scene.Server.Behaviour = _ => FakeAnswer.TooManyRequests(retryAfterSeconds: 100);
        var first = await scene.EmbedAllAsync();
        var result = await second.EmbedAllAsync();
        Assert.Equal(first.RetryAt, result.RetryAt);
        Assert.Equal(0, result.Requests);
        Assert.Empty(second.Server.Requests);
        Assert.Single(scene.Server.Requests);
        Assert.InRange((first.RetryAt!.Value - DateTimeOffset.UtcNow).TotalSeconds, 90, 100);
    }

    [Fact]
    public async Task Reuse_needs_no_provider_and_goes_on_during_a_pause()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, cabinetId: 1);
        await scene.AddChunksAsync("один");
        await scene.EmbedAllAsync();
        await scene.AddChunksAsync("один");
        await PauseAsync(database, asked: 100);
        var result = await scene.EmbedAllAsync();
        Assert.Equal((1, null), (result.Reused, result.RetryAt));
    }

    [Fact]
    [Trait("Guarantee", "provider")]
    public async Task Workers_that_fail_together_wait_as_long_as_one()
    {
        await using var database = await TestDatabase.CreateAsync();
        var first = await PauseAsync(database, asked: null);
        for (var worker = 0; worker < 7; worker++)
        {
            Assert.Equal(first, await PauseAsync(database, asked: null, sinceSent: 10));
        }
    }

    [Fact]
    [Trait("Defect", "59")]
    public async Task The_pause_doubles_from_failure_to_failure_up_to_five_minutes()
    {
        await using var database = await TestDatabase.CreateAsync();
        List<double> seconds = [];
        for (var failure = 0; failure < 8; failure++)
        {
            await PauseAsync(database, asked: null);
            seconds.Add(await LengthAsync(database));
            await EndPauseAsync(database);
        }

        Assert.Equal([5, 10, 20, 40, 80, 160, 300, 300], seconds);
    }

    [Fact]
    [Trait("Guarantee", "provider")]
    public async Task A_longer_wait_lengthens_the_pause_a_shorter_one_does_not()
    {
        await using var database = await TestDatabase.CreateAsync();
        var first = await PauseAsync(database, asked: 60);
        Assert.Equal(first, await PauseAsync(database, asked: 2));
        Assert.True(await PauseAsync(database, asked: 120) > first);
        Assert.InRange((await PauseAsync(database, asked: 86_400) - DateTimeOffset.UtcNow).TotalSeconds, 3_500, 3_600);
    }

    [Fact]
    [Trait("Guarantee", "provider")]
    public async Task A_success_after_the_pause_ends_it_and_resets_its_length()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, cabinetId: 1);
        for (var failure = 0; failure < 3; failure++)
        {
            await PauseAsync(database, asked: null);
            await EndPauseAsync(database);
        }

        await scene.AddChunksAsync("один");
        Assert.Equal(1, (await scene.EmbedAllAsync()).Embedded);
        await PauseAsync(database, asked: null);
        Assert.Equal(5, await LengthAsync(database));
    }

    [Fact]
    public async Task A_success_sent_before_the_pause_does_not_end_it()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, cabinetId: 1);
        await scene.AddChunksAsync("один");
        scene.Server.BeforeAnswer = _ => PauseAsync(database, asked: 100);
        Assert.Equal(1, (await scene.EmbedAllAsync()).Embedded);
        await scene.AddChunksAsync("два");
        scene.Server.ForgetRequests();
        Assert.NotNull((await scene.EmbedAllAsync()).RetryAt);
        Assert.Empty(scene.Server.Requests);
    }

    [Fact]
    public async Task A_pause_set_by_another_worker_holds_back_the_next_request()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, cabinetId: 1, options => options.MaxTokensPerRequest = 1);
        await scene.AddChunksAsync("один", "два", "три");
        scene.Server.BeforeAnswer = _ => PauseAsync(database, asked: 100);
        var result = await scene.EmbedAllAsync();
        Assert.Equal((1, 1), (result.Requests, result.Embedded));
        Assert.NotNull(result.RetryAt);
    }

    private static Task<DateTimeOffset> PauseAsync(TestDatabase database, double? asked, double sinceSent = 0) =>
        new ProviderPause(database.Rag, Generation.Active).PauseAsync(
            asked is { } seconds ? TimeSpan.FromSeconds(seconds) : null, "test", TimeSpan.FromSeconds(sinceSent), CancellationToken.None);

    private static Task EndPauseAsync(TestDatabase database) => database.Source.ExecuteAsync(
        "UPDATE rag_provider SET updated_at = updated_at - (not_before - now()), not_before = not_before - (not_before - now())");

    private static async Task<double> LengthAsync(TestDatabase database)
    {
        await using var command = database.Source.CreateCommand("SELECT round(extract(epoch FROM not_before - updated_at))::float8 FROM rag_provider");
        return (double)(await command.ExecuteScalarAsync())!;
    }
}
