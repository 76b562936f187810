using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Search;
using RagFunctions.Tests.Postgres;
using RagFunctions.Tests.Search;

namespace RagFunctions.Tests.Embeddings;

public sealed class BudgetTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    [Trait("Guarantee", "budget")]
    public async Task Nothing_is_sent_once_the_budget_of_all_is_spent()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1, options => (options.MaxInputsPerRequest, options.PricePerMillionTokens) = (1, 1_000));
        scene.Budgets.DailyUsd = 0.02m;
        await scene.AddChunksAsync([.. Enumerable.Range(0, 20).Select(i => $"Товар {i}")]);
        var result = await scene.EmbedAllAsync();
        Assert.Contains("Budgets:DailyUsd", result.Budget, StringComparison.Ordinal);
        Assert.Equal((result.Embedded, null, null), ((long)scene.Server.Paid.Count, result.StopError, result.RetryAt));
        var (_, _, _, usd, open, _) = await scene.BookAsync();

        // The last request brought it over the budget, by less than its own price.
        Assert.InRange(usd, 0.02m, 0.02m + scene.Options.PriceOf(scene.Server.Paid.Max(request => request.Tokens)));
        Assert.Equal(0, open);
        scene.Server.ForgetRequests();
        Assert.NotNull((await scene.EmbedAllAsync()).Budget);
        Assert.Empty(scene.Server.Requests);
        Assert.All((await scene.ChunksAsync()).Where(chunk => !chunk.IsEmbedded), chunk => Assert.Equal((0, null), (chunk.Attempts, chunk.Error)));
    }

    [Fact]
    [Trait("Guarantee", "budget")]
    public async Task A_cabinet_whose_own_budget_is_spent_holds_back_no_other()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1);
        await using var other = await EmbeddingScene.SetAsync(database, 2);
        await new CabinetBudgets(database.Rag).SetAsync(1, 0, TestContext.Current.CancellationToken);
        await scene.AddChunksAsync("один");
        await other.AddChunksAsync("два");
        Assert.Contains("rag cabinet budget", (await scene.EmbedAllAsync()).Budget, StringComparison.Ordinal);
        Assert.Equal(1, (await other.EmbedAllAsync()).Embedded);
        await new CabinetBudgets(database.Rag).SetAsync(1, null, TestContext.Current.CancellationToken);
        Assert.Equal(1, (await scene.EmbedAllAsync()).Embedded);
    }

    [Fact]
    [Trait("Guarantee", "budget")]
    public async Task The_next_day_has_its_own_budget()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1);
        await new CabinetBudgets(database.Rag).SetAsync(1, 0.5m, TestContext.Current.CancellationToken);
        await scene.ExecuteAsync("INSERT INTO rag_spend (day, cabinet_id, usd) VALUES ((now() AT TIME ZONE 'UTC')::date, 1, 0.5)");
        await scene.AddChunksAsync("один");
        Assert.NotNull((await scene.EmbedAllAsync()).Budget);
        await scene.ExecuteAsync("UPDATE rag_spend SET day = day - 1");
        Assert.Equal(1, (await scene.EmbedAllAsync()).Embedded);
    }

    [Fact]
    [Trait("Guarantee", "budget")]
    public async Task Parallel_workers_go_over_the_budget_by_one_request_each_at_most()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1, options => (options.MaxInputsPerRequest, options.PricePerMillionTokens) = (1, 1_000));
        await new CabinetBudgets(database.Rag).SetAsync(1, 0.01m, TestContext.Current.CancellationToken);
        await scene.AddChunksAsync([.. Enumerable.Range(0, 64).Select(i => $"Товар {i}")]);
        var digits = "0123456789abcdef";
        var results = await Task.WhenAll(Enumerable.Range(0, 8).Select(worker => scene.EmbedAsync(
            new HashInterval(digits[2 * worker].ToString(), worker == 7 ? null : digits[(2 * worker) + 2].ToString()))));
        Assert.All(results, result => Assert.NotNull(result.Budget));
        var (_, _, _, usd, _, _) = await scene.BookAsync();
        Assert.InRange(usd, 0.005m, 0.01m + (8 * scene.Options.PriceOf(10)));
    }

    [Fact]
    [Trait("Guarantee", "budget")]
    public async Task Questions_spend_the_budget_and_are_answered_when_it_is_spent()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1);
        await scene.AddChunksAsync("один");
        await scene.EmbedAllAsync();
        await new CabinetBudgets(database.Rag).SetAsync(1, 0.00000001m + await scene.ScalarAsync<decimal>("SELECT sum(usd) FROM rag_spend"), Token);
        var search = SearchScene.Over(scene, TimeProvider.System);
        await search.FindAsync(1, new SearchRequest("сколько стоит один"), Token);

        await scene.AddChunksAsync("два");
        Assert.Contains("rag cabinet budget", (await scene.EmbedAllAsync()).Budget, StringComparison.Ordinal);
        Assert.NotEmpty((await search.FindAsync(1, new SearchRequest("один") { Mode = SearchMode.Vector }, Token)).Hits);
    }

    [Fact]
    [Trait("Guarantee", "budget")]
    public async Task A_request_without_an_answer_counts_as_spent()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var scene = await EmbeddingScene.SetAsync(database, 1);
        await new CabinetBudgets(database.Rag).SetAsync(1, 0.5m, TestContext.Current.CancellationToken);
        await scene.ExecuteAsync(
            """
            INSERT INTO rag_open_requests (id, day, cabinet_id, run_id, inputs, estimated_tokens, estimated_usd)
            VALUES (gen_random_uuid(), (now() AT TIME ZONE 'UTC')::date, 1, gen_random_uuid(), 1, 1, 0.5)
            """);
        await scene.AddChunksAsync("один");
        Assert.NotNull((await scene.EmbedAllAsync()).Budget);
        Assert.Empty(scene.Server.Requests);
    }
}
