using System.Globalization;
using System.Text.Json.Nodes;
using RagFunctions.Core.Telemetry;
using RagFunctions.Tests.Dev.LocalHost;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Api;

/// <summary>What the operators' page reads, over 10,000 cabinets.</summary>
public sealed class BoardApiTests(BoardScene scene) : IClassFixture<BoardScene>
{
    [Fact]
    public async Task Ten_thousand_tenants_are_counted_sorted_and_paged_by_the_server()
    {
        var board = await scene.AskAsync("/v1/rag/overview?limit=3");
        Assert.Equal(10_000, (int)board["matching"]!);
        Assert.Equal((1, 1, 1, 1, 9_995, 1), (State("failed"), State("blocked"), State("sync_failed"), State("with_errors"), State("ok"), State("inactive")));
        Assert.Equal([2L, 3L, 4L], Ids(board));
        Assert.Equal((4, 41L), ((int)board["totals"]!["queued"]!, (long)board["totals"]!["worst_lag_cabinet_id"]!));
        Assert.InRange((double)board["totals"]!["worst_lag_seconds"]!, 7_200, 7_300);
        Assert.Equal((7, 0.75m, 30_000), ((int)board["today"]!["texts"]!, (decimal)board["today"]!["cost_usd"]!, (int)board["today"]!["naive_texts"]!));
        Assert.Equal((1m, 0.5m), ((decimal)board["today"]!["budget_usd"]!, (decimal)board["today"]!["spent_usd"]!));
        Assert.Equal("the provider rests", (string?)board["pauses"]!["provider_reason"]);
        Assert.Equal(1, (int)board["pauses"]!["tokens_rejected"]!);

        Assert.Equal([41L, 2L], Ids(await scene.AskAsync("/v1/rag/overview?sort=lag&limit=2")));
        Assert.Equal([10_000L, 9_999L], Ids(await scene.AskAsync("/v1/rag/overview?sort=id&reversed=true&limit=2")));
        Assert.Equal([6L], Ids(await scene.AskAsync("/v1/rag/overview?state=with_errors")));
        Assert.Equal([7L], Ids(await scene.AskAsync("/v1/rag/overview?search=7&sort=id&limit=1")));
        var page = await scene.AskAsync("/v1/rag/overview?search=tenant%20123&sort=id&page=2&limit=5&keep=9,2");
        Assert.Equal(11, (int)page["matching"]!);
        Assert.Equal([1_234L, 1_235L, 1_236L, 1_237L, 1_238L], Ids(page));
        Assert.Equal([2L, 9L], page["kept"]!.AsArray().Select(cabinet => (long)cabinet!["cabinet_id"]!).Order());

        int State(string name) => (int)board["totals"]!["states"]![name]!;
    }

    [Fact]
    [Trait("Guarantee", "tenants")]
    public async Task A_limited_key_is_told_of_its_own_tenants_alone()
    {
        var board = await scene.AskAsync("/v1/rag/overview?keep=2,3,4", key: BoardScene.LimitedKey);
        Assert.Equal((false, 2), ((bool)board["is_operator"]!, (int)board["matching"]!));
        Assert.Equal([2L, 6L], Ids(board).Order());
        Assert.Equal([2L], board["kept"]!.AsArray().Select(cabinet => (long)cabinet!["cabinet_id"]!));
        Assert.Null(board["pauses"]!["provider_reason"]);
        Assert.Null(board["today"]!["spent_usd"]);
        Assert.Equal(2, Last(await scene.AskAsync("/v1/rag/history", key: BoardScene.LimitedKey), "texts"));
        foreach (var route in (string[])["history", "details", "failures"])
        {
            await scene.AskAsync($"/v1/rag/{route}/3", 403, BoardScene.LimitedKey);
            await scene.AskAsync($"/v1/rag/{route}/2", 200, BoardScene.LimitedKey);
        }
    }

    [Theory]
    [InlineData("overview?sort=size")]
    [InlineData("overview?state=fine")]
    [InlineData("overview?page=0")]
    [InlineData("overview?limit=201")]
    [InlineData("overview?keep=1,x")]
    [InlineData("overview?search=")]
    [InlineData("overview?search=a&search=b")]
    [InlineData("overview?after=1")]
    [InlineData("history?window=year")]
    [InlineData("history/2?days=3")]
    [InlineData("details/x")]
    [InlineData("failures/0")]
    public async Task A_question_that_is_not_understood_is_refused(string path) => await scene.AskAsync($"/v1/rag/{path}", 400);

    [Fact]
    public async Task History_is_told_without_gaps_and_counts_each_run_once()
    {
        var day = await scene.AskAsync("/v1/rag/history/2");
        var steps = day["steps"]!.AsArray();
        Assert.Equal((24, 3_600), (steps.Count, (int)day["step_seconds"]!));
        var first = (DateTimeOffset)steps[0]!["started_at"]!;
        Assert.Equal(Enumerable.Range(0, 24).Select(hour => first.AddHours(hour)), steps.Select(step => (DateTimeOffset)step!["started_at"]!));
        Assert.Equal((3, 1, 2), (Last(day, "runs"), Last(day, "failed_runs"), Last(day, "texts")));
        Assert.Equal((2.0, 4.0), ((double)steps[^1]!["mean_seconds"]!, (double)steps[^1]!["longest_seconds"]!));
        var fortnight = await scene.AskAsync("/v1/rag/history?window=fortnight");
        Assert.Equal((56, 21_600), (fortnight["steps"]!.AsArray().Count, (int)fortnight["step_seconds"]!));
        Assert.Equal(4, fortnight["steps"]!.AsArray().Sum(step => (int)step!["runs"]!));
    }

    [Fact]
    [Trait("Guarantee", "told")]
    public async Task A_lag_of_minutes_is_kept_and_only_its_worst()
    {
        var gauges = (IndexGauges)scene.App.Host.Services.GetService(typeof(IndexGauges))!;
        await gauges.RecordAsync(TestContext.Current.CancellationToken);
        await scene.Database.Source.ExecuteAsync("UPDATE rag_run_hours SET lag_seconds = 99999 WHERE cabinet_id = 41");
        await gauges.RecordAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["41 99999"], await scene.Database.Source.ReadNamesAsync("SELECT cabinet_id || ' ' || lag_seconds FROM rag_run_hours WHERE lag_seconds > 0"));
    }

    [Fact]
    public async Task Sync_budget_and_what_failed_are_told_with_their_reasons()
    {
        var details = await scene.AskAsync("/v1/rag/details/4");
        var orders = details["sync"]!.AsArray().Single()!;
        Assert.Equal(("orders", "rejected", 1), ((string?)orders["entity"], (string?)orders["outcome"], (int)orders["rejects"]!));
        Assert.NotNull(details["token_rejected_at"]);
        Assert.Equal(0.5m, (decimal)(await scene.AskAsync("/v1/rag/details/2"))["budget"]!["daily_usd"]!);
        await scene.AskAsync("/v1/rag/details/77777", 404);

        var failures = await scene.AskAsync("/v1/rag/failures/6");
        Assert.Equal((1, 1), ((int)failures["rows"]!["total"]!, (int)failures["chunks"]!["total"]!));
        var row = failures["rows"]!["listed"]![0]!;
        Assert.Equal(("reviews", 9, "cannot be read"), ((string?)row["kind"], (int)row["row_id"]!, (string?)row["error"]));
        var chunk = failures["chunks"]!["listed"]![0]!;
        Assert.Equal(("orders", "too long", "the text"), ((string?)chunk["kind"], (string?)chunk["error"], (string?)chunk["text"]));
        Assert.Equal("no number", (string?)(await scene.AskAsync("/v1/rag/failures/4"))["kept_aside"]!["listed"]![0]!["reason"]);
    }

    private static IEnumerable<long> Ids(JsonNode board) => board["cabinets"]!.AsArray().Select(cabinet => (long)cabinet!["cabinet_id"]!);

    private static int Last(JsonNode history, string field) => (int)history["steps"]!.AsArray()[^1]![field]!;
}

/// <summary>The app over 10,000 cabinets, of which a few are in trouble.</summary>
public sealed class BoardScene : IAsyncLifetime
{
    public const string LimitedKey = "key-of-two-cabinets";

    private const string Seed = """
        INSERT INTO wb_cabinets (id, api_key, name, is_active, token_rejected_at) SELECT n, 'k' || n, 'Tenant ' || n, n <> 5, CASE WHEN n = 4 THEN now() END FROM generate_series(1, 10000) AS n;
        INSERT INTO wb_sync_cursors (cabinet_id, entity, last_outcome, last_error) VALUES (4, 'orders', 'rejected', 'the token is rejected');
        INSERT INTO wb_sync_rejects VALUES (4, 'orders', 'srid 1', 'no number', '{}', now(), now());
        INSERT INTO rag_changes (cabinet_id, source_table, source_id, first_changed_at) VALUES (41, 'wb_orders', 1, now() - interval '2 hours'), (41, 'wb_orders', 2, now());
        INSERT INTO rag_changes (cabinet_id, source_table, source_id, attempts, last_error) VALUES (6, 'wb_reviews', 9, 2, 'cannot be read');
        INSERT INTO rag_changes (cabinet_id, source_table, source_id) VALUES (2, 'wb_orders', 1);
        INSERT INTO rag_index_status (cabinet_id, indexing_status, total_chunks, last_outcome)
        SELECT n, 'completed', 10, CASE n WHEN 2 THEN 'failed' WHEN 3 THEN 'blocked' ELSE 'completed' END FROM generate_series(1, 10000) AS n;
        INSERT INTO rag_metadata (cabinet_id, source_table, source_id, chunk_index, chunk_type, chunk_text, chunk_hash, embed_error)
        VALUES (6, 'wb_orders', 1, 0, 'order', 'the text', repeat('0', 64), 'too long');
        INSERT INTO rag_index_runs (run_id, cabinet_id, mode, owner, started_at, as_of)
        SELECT gen_random_uuid(), CASE WHEN n = 4 THEN 3 ELSE 2 END, 'incremental', 'app', now() - CASE WHEN n = 1 THEN interval '4 seconds' ELSE interval '1 second' END, now() FROM generate_series(1, 4) AS n;
        UPDATE rag_index_runs SET finished_at = now(), outcome = CASE WHEN started_at < now() - interval '2 seconds' THEN 'failed' ELSE 'completed' END,
            embedding_inputs = CASE WHEN cabinet_id = 3 THEN 5 WHEN started_at < now() - interval '2 seconds' THEN 0 ELSE 1 END, cost_usd = CASE WHEN cabinet_id = 3 THEN 0.5 ELSE 0 END,
            naive_inputs = 7500;
        UPDATE rag_index_runs SET outcome = 'completed' WHERE outcome IS NULL;
        INSERT INTO rag_question_costs VALUES (7, (now() AT TIME ZONE 'UTC')::date, 1, 10, 0.25);
        INSERT INTO rag_spend (day, cabinet_id, usd) VALUES ((now() AT TIME ZONE 'UTC')::date, 3, 0.25);
        INSERT INTO rag_budgets VALUES (2, 0.5);
        INSERT INTO rag_provider (singleton, not_before, reason) VALUES (true, now() + interval '1 hour', 'the provider rests');
        ANALYZE;
        """;

    public TestDatabase Database { get; private set; } = null!;

    internal RunningApp App { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Database = await TestDatabase.CreateAsync();
        await Database.Source.ExecuteAsync(Seed);
        App = await RunningApp.StartAsync(Database, ("Api:Keys:1:Key", LimitedKey), ("Api:Keys:1:Cabinets", "2,6"), ("Budgets:DailyUsd", "1"));
    }

    public async ValueTask DisposeAsync()
    {
        await App.DisposeAsync();
        await Database.DisposeAsync();
    }

    public async Task<JsonNode> AskAsync(string path, int status = 200, string key = RunningApp.OperatorKey)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Add("X-API-KEY", key);
        using var answer = await App.Http.SendAsync(request, TestContext.Current.CancellationToken);
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status == (int)answer.StatusCode, string.Create(CultureInfo.InvariantCulture, $"{(int)answer.StatusCode}: {body}"));
        return JsonNode.Parse(body)!;
    }
}
