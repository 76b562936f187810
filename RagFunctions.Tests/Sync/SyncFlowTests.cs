using System.Text.Json.Nodes;
using RagFunctions.Core.Marketplace.Sync;
using RagFunctions.Dev.Fakes.Marketplace;
using RagFunctions.Dev.Fakes.Marketplace.Tokens;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.Sync;

/// <summary>Timer, sync, ids, index: the app before the marketplace fake, every activity twice.</summary>
public sealed class SyncFlowTests
{
    private static readonly string[] Names = [.. SyncEntityNames.All.Select(SyncEntityNames.Name)];

    [Fact]
    public async Task The_timer_synchronises_what_is_due_and_exactly_what_changed_is_indexed()
    {
        await using var app = await SyncApp.StartAsync();
        var (cabinet, shop) = await app.AddShopAsync(seed: 1);
        await SyncOnceAsync(app, cabinet);
        var output = await app.OutputAsync($"sync-{cabinet}");
        TestContext.Current.SendDiagnosticMessage("output: {0}", output.ToJsonString());
        Assert.Equal(Names, Entities(output).Select(entity => (string?)entity["Entity"]));
        await app.AssertIndexedAsync(cabinet);
        Assert.Equal(shop.Orders.Count, await app.CountAsync($"SELECT count(*) FROM wb_orders WHERE cabinet_id = {cabinet}"));
        Assert.Equal("completed", await OutcomeAsync(app, cabinet));
        var runs = await RunsAsync(app, cabinet);

        // Nothing happens in the shop: nothing is written, queued or started.
        var before = await app.CountAsync("SELECT last_value FROM rag_changes_version_seq");
        await SyncOnceAsync(app, cabinet);
        Assert.Equal(runs, await RunsAsync(app, cabinet));
        Assert.Equal(before, await app.CountAsync("SELECT last_value FROM rag_changes_version_seq"));

        // The shop lives.
        app.Pass(TimeSpan.FromHours(6));
        await SyncOnceAsync(app, cabinet);
        Assert.Equal(shop.Orders.Count, await app.CountAsync($"SELECT count(*) FROM wb_orders WHERE cabinet_id = {cabinet}"));
        Assert.True(await RunsAsync(app, cabinet) > runs);
        Assert.Equal("completed", await OutcomeAsync(app, cabinet));
        await app.AssertIndexedAsync(cabinet);
        Assert.Empty(app.Server.Violations);
    }

    [Fact]
    public async Task A_persons_request_reads_everything_though_nothing_is_due()
    {
        await using var app = await SyncApp.StartAsync();
        var (cabinet, shop) = await app.AddShopAsync(seed: 2);
        await SyncOnceAsync(app, cabinet);
        await app.Database.Source.ExecuteAsync($"UPDATE wb_cabinets SET token_rejected_at = '{app.Time.GetUtcNow():O}'");
        app.Pass(TimeSpan.FromMinutes(10));
        app.Server.ForgetRequests();

        var (answer, location) = await PostAsync(app, $"/api/v1/sync/cabinet/{cabinet}", SyncApp.LimitedKey);
        Assert.Equal(
            ("accepted", cabinet, $"sync-{cabinet}", $"/v1/rag/status/{cabinet}"),
            ((string?)answer["status"], (long)answer["cabinet_id"]!, (string?)answer["instance_id"], (string?)answer["status_url"]));
        Assert.Equal($"/v1/rag/status/{cabinet}", location);
        Assert.Equal(["status", "message", "cabinet_id", "instance_id", "status_url"], answer.AsObject().Select(field => field.Key));
        await app.EndsAsync($"sync-{cabinet}");
        Assert.All(Entities(await app.OutputAsync($"sync-{cabinet}")), entity => Assert.Contains((string?)entity["Status"], (string[])["ok", "not_due"]));
        Assert.Equal(
            [MarketplaceHost.Statistics, MarketplaceHost.Analytics, MarketplaceHost.Content, MarketplaceHost.Prices, MarketplaceHost.Feedbacks],
            app.Server.Requests.Select(request => request.Host).Distinct().Order());
        Assert.Empty(app.Server.Violations);
        await app.NothingRunsAsync();
        Assert.Equal(shop.Orders.Count, await app.CountAsync($"SELECT count(*) FROM wb_orders WHERE cabinet_id = {cabinet}"));
        await app.AssertIndexedAsync(cabinet);
    }

    [Fact]
    public async Task One_orchestration_syncs_all_cabinets_and_tells_operators_its_addresses()
    {
        await using var app = await SyncApp.StartAsync();
        var cabinets = new[] { (await app.AddShopAsync(seed: 3)).Cabinet, (await app.AddShopAsync(seed: 4)).Cabinet };
        var hidden = (await app.AddShopAsync(seed: 5)).Cabinet;
        await app.Database.Source.ExecuteAsync($"UPDATE wb_cabinets SET is_active = false WHERE id = {hidden}");

        var (answer, location) = await PostAsync(app, "/api/v1/sync", SyncApp.OperatorKey);
        Assert.Equal(("accepted", "sync-all"), ((string?)answer["status"], (string?)answer["instance_id"]));
        Assert.Null(location);
        Assert.Contains("/runtime/webhooks/durabletask/instances/sync-all", (string?)answer["statusQueryGetUri"], StringComparison.Ordinal);
        await app.EndsAsync("sync-all");
        var output = await app.OutputAsync("sync-all");
        Assert.Equal((2, 0, 0), ((int)output["Started"]!, (int)output["NotStarted"]!, (int)output["Late"]!));
        await app.NothingRunsAsync();
        foreach (var cabinet in cabinets)
        {
            Assert.Equal(6, Entities(await app.OutputAsync($"sync-{cabinet}")).Count());
            await app.AssertIndexedAsync(cabinet);
        }

        Assert.Equal(0, await app.CountAsync($"SELECT count(*) FROM wb_sync_cursors WHERE cabinet_id = {hidden}"));
    }

    [Fact]
    public async Task A_category_that_the_token_lacks_stops_its_entities_and_nothing_else()
    {
        await using var app = await SyncApp.StartAsync();
        var (few, _) = await app.AddShopAsync(seed: 6, TokenScopes.Statistics | TokenScopes.Content);
        await PostAsync(app, $"/api/v1/sync/cabinet/{few}", SyncApp.OperatorKey);
        await app.EndsAsync($"sync-{few}");
        await app.NothingRunsAsync();
        Assert.Equal(
            ["cards", "orders", "sales"],
            await app.NamesAsync($"SELECT entity FROM wb_sync_cursors WHERE cabinet_id = {few} AND last_outcome = 'ok' ORDER BY entity"));
        Assert.Equal(
            ["prices", "reviews", "stocks"],
            await app.NamesAsync($"SELECT entity FROM wb_sync_cursors WHERE cabinet_id = {few} AND last_outcome = 'forbidden' ORDER BY entity"));
        await app.AssertIndexedAsync(few);
    }

    private static async Task<(JsonNode Answer, string? Location)> PostAsync(SyncApp app, string path, string key)
    {
        using var answer = await app.SendAsync(HttpMethod.Post, path, key);
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True((int)answer.StatusCode == 202, $"{(int)answer.StatusCode}: {body}");
        return (JsonNode.Parse(body)!, answer.Headers.Location?.ToString());
    }

    /// <summary>The next time of the schedule, until the sync and what it started have ended.</summary>
    private static async Task SyncOnceAsync(SyncApp app, long cabinet)
    {
        var began = $"{app.Time.GetUtcNow():O}";
        await app.BecomesTrueAsync(
            async () => await app.CountAsync($"SELECT count(*) FROM wb_sync_cursors WHERE cabinet_id = {cabinet} AND last_success_at > '{began}'") == Names.Length,
            "every entity was read");
        await app.EndsAsync($"sync-{cabinet}");
        await app.NothingRunsAsync();
    }

    private static IEnumerable<JsonNode> Entities(JsonNode output) => output["Entities"]!.AsArray().Select(entity => entity!);

    private static Task<long> RunsAsync(SyncApp app, long cabinet) => app.CountAsync($"SELECT count(*) FROM rag_index_runs WHERE cabinet_id = {cabinet}");

    private static async Task<string> OutcomeAsync(SyncApp app, long cabinet)
    {
        await using var command = app.Database.Source.CreateCommand($"SELECT last_outcome FROM rag_index_status WHERE cabinet_id = {cabinet}");
        return (string)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}
