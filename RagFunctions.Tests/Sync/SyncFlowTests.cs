using System.Text.Json.Nodes;
using RagFunctions.Core.Marketplace.Sync;

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
        Assert.Equal(Names, Entities(await app.OutputAsync($"sync-{cabinet}")).Select(entity => (string?)entity["Entity"]));
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

    /// <summary>The next time of the schedule, until the sync and what it started have ended.</summary>
    private static async Task SyncOnceAsync(SyncApp app, long cabinet)
    {
        var began = $"{app.Time.GetUtcNow():O}";
        await app.BecomesTrueAsync(
            async () => await app.CountAsync($"SELECT count(*) FROM wb_sync_cursors WHERE cabinet_id = {cabinet} AND last_success_at > '{began}'") == Names.Length,
            "every entity was read");
        await app.EndsAsync($"sync-{cabinet}");
        await app.BecomesTrueAsync(
            async () => await app.CountAsync("SELECT count(*) FROM local_host.instances WHERE status IN ('Pending', 'Running')") == 0, "nothing runs");
    }

    private static IEnumerable<JsonNode> Entities(JsonNode output) => output["Entities"]!.AsArray().Select(entity => entity!);

    private static Task<long> RunsAsync(SyncApp app, long cabinet) => app.CountAsync($"SELECT count(*) FROM rag_index_runs WHERE cabinet_id = {cabinet}");

    private static async Task<string> OutcomeAsync(SyncApp app, long cabinet)
    {
        await using var command = app.Database.Source.CreateCommand($"SELECT last_outcome FROM rag_index_status WHERE cabinet_id = {cabinet}");
        return (string)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}
