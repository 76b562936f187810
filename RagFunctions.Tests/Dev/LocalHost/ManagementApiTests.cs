using System.Net;
using System.Text.Json.Nodes;
using Npgsql;
using RagFunctions.Tests.Api;

namespace RagFunctions.Tests.Dev.LocalHost;

/// <summary>Durable's own management API, behind the local host's key.</summary>
public sealed class ManagementApiTests(AppFixture app) : IClassFixture<AppFixture>
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [Trait("Guarantee", "keys")]
    [InlineData("GET", DurableApi.Instances + "/index-1")]
    [InlineData("GET", DurableApi.Instances)]
    [InlineData("DELETE", DurableApi.Instances + "/index-1")]
    [InlineData("POST", DurableApi.Instances + "/index-1/terminate")]
    [InlineData("POST", "/admin/functions/SweepTimer")]
    public async Task Without_the_key_nothing_is_answered(string method, string path)
    {
        foreach (var query in (string[])["", "?code=", "?code=wrong"])
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path + query);
            using var answer = await app.Http.SendAsync(request, Stop);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }
    }

    [Fact]
    public async Task A_running_instance_is_shown_terminated_once_and_purged()
    {
        await using (var holder = await app.Database.Source.OpenConnectionAsync(Stop))
        {
            // The run stops at its first statement that writes.
            await using var transaction = await holder.BeginTransactionAsync(Stop);
            await using var hold = new NpgsqlCommand("LOCK TABLE rag_index_status IN ACCESS EXCLUSIVE MODE", holder, transaction);
            await hold.ExecuteNonQueryAsync(Stop);
            await app.Durable.FireAsync("WeeklyRebuildTimer");
            await Condition.BecomesTrueAsync(async () => (await app.Durable.LiveAsync()).Contains("rebuild-all"), "the rebuild runs");
            using var running = await app.Durable.SendAsync(HttpMethod.Get, "/rebuild-all");
            Assert.Equal(HttpStatusCode.Accepted, running.StatusCode);
            Assert.NotNull(running.Headers.Location);
            Assert.Equal(HttpStatusCode.Accepted, await StatusOfAsync(HttpMethod.Post, "/rebuild-all/terminate", "reason=enough&"));
        }

        await Condition.BecomesTrueAsync(() => app.Durable.HasEndedAsync("rebuild-all"), "the rebuild has ended");
        var ended = (await app.Durable.FindAsync("rebuild-all"))!;
        Assert.Equal(("RebuildAllCabinets", "Terminated", "enough"), ((string?)ended["name"], (string?)ended["runtimeStatus"], (string?)ended["output"]));
        Assert.Equal(HttpStatusCode.Gone, await StatusOfAsync(HttpMethod.Post, "/rebuild-all/terminate"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusOfAsync(HttpMethod.Post, "/no-such/terminate"));

        using var list = await app.Durable.SendAsync(HttpMethod.Get, "", "runtimeStatus=Terminated&top=1&");
        var listed = JsonNode.Parse(await list.Content.ReadAsStringAsync(Stop))!.AsArray();
        Assert.Equal("rebuild-all", (string?)Assert.Single(listed)!["instanceId"]);
        using var purged = await app.Durable.SendAsync(HttpMethod.Delete, "/rebuild-all");
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"instancesDeleted":1}"""), JsonNode.Parse(await purged.Content.ReadAsStringAsync(Stop))));
        Assert.Equal(HttpStatusCode.NotFound, await StatusOfAsync(HttpMethod.Get, "/rebuild-all"));
    }

    [Fact]
    public async Task The_admin_call_knows_timers_only()
    {
        foreach (var name in (string[])["NoSuchFunction", "Health", "IndexCabinet"])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, $"/admin/functions/{name}?code={app.HostKey}");
            using var answer = await app.Http.SendAsync(request, Stop);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
    }

    private async Task<HttpStatusCode> StatusOfAsync(HttpMethod method, string path, string query = "")
    {
        using var answer = await app.Durable.SendAsync(method, path, query);
        return answer.StatusCode;
    }
}
