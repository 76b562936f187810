using Npgsql;
using RagFunctions.Core.Embeddings;
using RagFunctions.Dev.Fakes.Embeddings;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Embeddings;

/// <summary>What the provider has on its bill, counted there, against what the book says; for each way in which an answer goes wrong.</summary>
public sealed class PaymentTests
{
    private static readonly string[] Texts = [.. Enumerable.Range(1, 50).Select(i => $"Отзыв {i}: тёплая куртка")];

    [Fact]
    [Trait("Guarantee", "payment")]
    public async Task An_answered_request_is_booked_at_its_price()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1);
        await scene.AddChunksAsync(Texts);
        await scene.EmbedAllAsync();
        var tokens = scene.Server.Paid.Sum(request => request.Tokens);
        Assert.Equal((1, 50, tokens, tokens * 0.02m / 1_000_000, 0, 0), await scene.BookAsync());
    }

    [Theory]
    [Trait("Guarantee", "payment")]
    [InlineData("ALTER TABLE rag_embeddings ADD CONSTRAINT nope CHECK (false) NOT VALID", "ALTER TABLE rag_embeddings DROP CONSTRAINT nope")]
    [InlineData("ALTER TABLE rag_metadata ADD CONSTRAINT nope CHECK (embedded_hash IS NULL) NOT VALID", "ALTER TABLE rag_metadata DROP CONSTRAINT nope")]
    [InlineData(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE disk_full; END'; CREATE TRIGGER full_disk BEFORE INSERT OR UPDATE ON rag_embeddings EXECUTE FUNCTION full_disk()",
        "DROP TRIGGER full_disk ON rag_embeddings")]
    [InlineData(
        "CREATE FUNCTION no_grant() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE insufficient_privilege; END'; CREATE TRIGGER no_grant BEFORE INSERT OR UPDATE ON rag_embeddings EXECUTE FUNCTION no_grant()",
        "DROP TRIGGER no_grant ON rag_embeddings")]
    public async Task Vectors_that_cannot_be_stored_are_paid_once_and_booked(string breaks, string mends)
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1);
        await scene.AddChunksAsync(Texts);
        var broken = false;
        scene.Server.BeforeAnswer = async _ =>
        {
            if (!broken)
            {
                broken = true;
                await scene.ExecuteAsync(breaks);
            }
        };
        var result = await scene.EmbedAllAsync();
        Assert.Equal((0, 50, true), (result.Embedded, result.Inputs, result.StoreFailed));
        Assert.Contains("50 texts are paid and cannot be stored", result.StopError, StringComparison.Ordinal);
        Assert.Equal((1, 50), (scene.Server.Paid.Count, (await scene.BookAsync()).Inputs));
        Assert.Equal(50, await scene.ScalarAsync<long>("SELECT count(*) FROM rag_metadata WHERE embed_attempts = 1 AND embed_error LIKE '%cannot be stored%'"));

        // The round has booked the failure; the next ones find out without a payment whether it is over.
        await scene.ExecuteAsync("UPDATE rag_index_status SET store_failures = 1");
        for (var round = 0; round < 2; round++)
        {
            Assert.True((await scene.EmbedAllAsync()).StoreFailed);
        }

        Assert.Single(scene.Server.Paid);
        await scene.ExecuteAsync(mends);
        Assert.Equal(50, (await scene.EmbedAllAsync()).Embedded);
        Assert.Equal(2, scene.Server.Paid.Count);
        await scene.AssertEmbeddedAsync(_ => true);
    }

    [Fact]
    [Trait("Guarantee", "payment")]
    public async Task A_database_that_turns_read_only_costs_one_request()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1);
        await scene.AddChunksAsync(Texts);
        var name = await scene.ScalarAsync<string>("SELECT current_database()::text");
        var began = false;
        scene.Server.BeforeAnswer = async _ =>
        {
            if (!began)
            {
                began = true;
                await scene.ExecuteAsync($"ALTER DATABASE \"{name}\" SET default_transaction_read_only = on");
                await CutAllAsync();
            }
        };
        for (var round = 0; round < 3; round++)
        {
            var embedded = 0L;
            var error = await Record.ExceptionAsync(async () => embedded = (await scene.EmbedAllAsync()).Embedded);
            Assert.True(error is null or NpgsqlException, $"{error}");
            Assert.Equal(0, embedded);
        }

        Assert.Single(scene.Server.Paid);
        await scene.ExecuteAsync($"BEGIN; SET TRANSACTION READ WRITE; ALTER DATABASE \"{name}\" RESET default_transaction_read_only; COMMIT");
        await CutAllAsync();

        // Each connection of the pool that was cut fails once.
        var stored = 0L;
        for (var tries = 0; stored == 0; tries++)
        {
            Assert.True(tries < 20, "the writable database stores nothing");
            await Record.ExceptionAsync(async () => stored = (await scene.EmbedAllAsync()).Embedded);
        }

        Assert.Equal(50, stored);
        Assert.Equal(2, scene.Server.Paid.Count);

        // The first one is still on the book by its estimate: nobody knows that it was answered.
        var (requests, inputs, _, _, open, _) = await scene.BookAsync();
        Assert.Equal((1, 50, 1), (requests, inputs, open));
        await scene.AssertEmbeddedAsync(_ => true);

        // A session keeps the mode it began with; its own goes last.
        Task CutAllAsync() => Record.ExceptionAsync(() => scene.ExecuteAsync(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() ORDER BY pid = pg_backend_pid()")).AsTask();
    }

    [Fact]
    [Trait("Guarantee", "payment")]
    public async Task A_database_that_recovers_in_seconds_stores_what_is_paid()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1);
        await scene.AddChunksAsync(Texts);
        await scene.ExecuteAsync("CREATE SEQUENCE tries");
        await scene.ExecuteAsync(
            "CREATE FUNCTION twice() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF nextval(''tries'') <= 2 THEN RAISE disk_full; END IF; RETURN NULL; END'");
        await scene.ExecuteAsync("CREATE TRIGGER twice BEFORE INSERT ON rag_embeddings EXECUTE FUNCTION twice()");
        Assert.Equal(50, (await scene.EmbedAllAsync()).Embedded);
        Assert.Single(scene.Server.Paid);
        await scene.AssertEmbeddedAsync(_ => true);
    }

    [Fact]
    [Trait("Guarantee", "payment")]
    public async Task A_request_without_an_answer_is_booked_by_its_estimate()
    {
        await using var database = await TestDatabase.CreateAsync();
        // Long enough for the request to arrive on a busy machine; else nothing is paid.
        await using var scene = await EmbeddingScene.SetAsync(database, 1, options => options.RequestBudgetSeconds = 3);
        await scene.AddChunksAsync(Texts);
        scene.Server.Script(FakeAnswer.With(AnswerFault.Hang));
        var result = await scene.EmbedAllAsync();
        Assert.Equal((1, 1), (result.Requests, result.Lost));
        Assert.Single(scene.Server.Paid);
        var (requests, _, _, usd, open, openUsd) = await scene.BookAsync();
        Assert.Equal((0, 0, 1), (requests, usd, open));
        Assert.InRange(openUsd, scene.Options.PriceOf(scene.Server.Paid[0].Tokens), 2 * scene.Options.PriceOf(scene.Server.Paid[0].Tokens));
    }

    [Theory]
    [Trait("Guarantee", "payment")]
    [InlineData(401)]
    [InlineData(429)]
    [InlineData(500)]
    public async Task A_refused_request_costs_nothing(int status)
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1);
        await scene.AddChunksAsync(Texts);
        scene.Server.Behaviour = _ => FakeAnswer.Error(status);
        await scene.EmbedAllAsync();
        Assert.Empty(scene.Server.Paid);
        Assert.Equal((1, 0, 0, 0, 0, 0), await scene.BookAsync());
    }

    [Theory]
    [Trait("Guarantee", "payment")]
    [InlineData(AnswerFault.NaN)]
    [InlineData(AnswerFault.HalfJson)]
    public async Task An_unusable_answer_is_paid_and_booked(AnswerFault fault)
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1);
        await scene.AddChunksAsync(Texts);
        scene.Server.Script(FakeAnswer.With(fault));
        await scene.EmbedAllAsync();
        Assert.Single(scene.Server.Paid);
        Assert.Equal((1, 50, 0), ((await scene.BookAsync()).Requests, (await scene.BookAsync()).Inputs, (await scene.BookAsync()).Open));
    }

    [Fact]
    [Trait("Guarantee", "payment")]
    public async Task A_step_that_is_killed_leaves_its_request_on_the_book()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1);
        await scene.AddChunksAsync(Texts);
        using var kill = new CancellationTokenSource();
        scene.Server.BeforeAnswer = _ => kill.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scene.Embedder.EmbedAsync(
            new EmbedBatchInput(1, Guid.Empty, EmbeddingScene.Token, new HashInterval(null, null)), kill.Token));
        Assert.Equal(1, (await scene.BookAsync()).Open);
    }
}
