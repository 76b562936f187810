using System.Text.Json.Nodes;
using RagFunctions.Tests.Cli;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Api;

/// <summary>All tenants at a glance, over HTTP and on the command line.</summary>
public sealed class CabinetsApiTests(IndexedAppFixture indexed) : IClassFixture<IndexedAppFixture>
{
    private AppFixture App => indexed.App;

    [Fact]
    public async Task Pages_follow_each_other_and_tell_how_each_cabinet_stands()
    {
        await App.Database.Source.ExecuteAsync("INSERT INTO rag_question_costs VALUES (2, (now() AT TIME ZONE 'UTC')::date, 1, 10, 0.25), (2, '2026-01-01', 1, 10, 9)");
        var first = await App.AskAsync(HttpMethod.Get, "/v1/rag/cabinets?limit=2", 200);
        Assert.Equal([1L, 2L], Ids(first));
        Assert.Equal(2, (long)first["next_after"]!);
        var one = first["cabinets"]![0]!;
        Assert.Equal(("first", true, "completed", 25), ((string?)one["name"], (bool)one["is_active"]!, (string?)one["outcome"], (int)one["total_chunks"]!));
        Assert.Equal((0, 0, 0), ((int)one["pending"]!, (int)one["queued"]!, (int)one["failed"]!));
        Assert.InRange((DateTimeOffset)one["next_run_at"]!, DateTimeOffset.UtcNow.AddDays(7), DateTimeOffset.UtcNow.AddDays(8));
        var spent = (decimal)first["cabinets"]![1]!["cost_today_usd"]! - (decimal)one["cost_today_usd"]!;
        Assert.InRange(spent, 0.24m, 0.26m);

        var second = await App.AskAsync(HttpMethod.Get, "/v1/rag/cabinets?limit=2&after=2", 200);
        Assert.Equal([3L], Ids(second));
        Assert.Null(second["next_after"]);
        Assert.Equal((false, null), ((bool)second["cabinets"]![0]!["is_active"]!, (string?)second["cabinets"]![0]!["next_run_at"]));
        Assert.Empty(Ids(await App.AskAsync(HttpMethod.Get, "/v1/rag/cabinets?after=3", 200)));
    }

    [Theory]
    [InlineData("limit=0")]
    [InlineData("limit=501")]
    [InlineData("limit=5&limit=6")]
    [InlineData("after=-1")]
    [InlineData("page=2")]
    public async Task A_page_that_is_not_understood_is_refused(string query) =>
        await App.AskAsync(HttpMethod.Get, $"/v1/rag/cabinets?{query}", 400);

    [Theory]
    [InlineData("cabinets", "status", "--json")]
    [InlineData("cabinet_id", "status", "1", "--json")]
    [InlineData("runs", "runs", "1", "--json")]
    [InlineData("words_wrong", "verify", "1", "--json")]
    [InlineData("steps", "migrations", "--json")]
    [InlineData("hits", "search", "1", "кружка", "--mode", "text", "--json")]
    public async Task Commands_that_read_answer_in_json(string field, params string[] arguments)
    {
        var run = await CliRun.OfAsync(
            new Dictionary<string, string?>
            {
                ["ConnectionStrings__Main"] = App.Database.ConnectionString,
                ["ConnectionStrings__Rag"] = App.Database.ConnectionString,
                ["Embeddings__Provider"] = "offline",
            },
            arguments);
        Assert.Equal((0, ""), (run.Code, run.Errors));
        Assert.NotNull(JsonNode.Parse(run.Output)![field]);
    }

    [Fact]
    public async Task Status_without_a_cabinet_lists_them_all()
    {
        var run = await CliRun.OnAsync(App.Database.ConnectionString, "status");
        Assert.All((string[])["first", "second", "inactive"], word => Assert.Contains(word, run.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Verify_finds_and_repairs_what_the_search_would_miss()
    {
        await App.Database.Source.ExecuteAsync("""
            DELETE FROM rag_words WHERE metadata_id IN (SELECT id FROM rag_metadata WHERE cabinet_id = 2 ORDER BY id LIMIT 3);
            UPDATE rag_vector_bits SET bits = ~bits WHERE metadata_id = (SELECT max(id) FROM rag_metadata WHERE cabinet_id = 2)
            """);
        var found = await CliRun.OnAsync(App.Database.ConnectionString, "verify", "2");
        Assert.Equal(1, found.Code);
        Assert.Contains("3 chunks without their words, 1 vectors without", found.Output, StringComparison.Ordinal);
        Assert.Equal(0, (await CliRun.OnAsync(App.Database.ConnectionString, "verify", "2", "--repair-search")).Code);
        Assert.Equal(0, (await CliRun.OnAsync(App.Database.ConnectionString, "verify", "2")).Code);
    }

    private static IEnumerable<long> Ids(JsonNode page) => page["cabinets"]!.AsArray().Select(cabinet => (long)cabinet!["cabinet_id"]!);
}
