using System.Net;
using System.Text.Json;
using System.Text.Json.Nodes;
using RagFunctions.Tests.Postgres;

namespace RagFunctions.Tests.LocalHost;

public sealed class ManagementApiTests(DatabaseFixture fixture) : LocalHostTest(fixture), IClassFixture<DatabaseFixture>
{
    private const string Instances = "/runtime/webhooks/durabletask/instances";

    [Fact]
    public async Task The_status_is_202_with_a_location_while_running_and_200_with_the_output_at_the_end()
    {
        await ScheduleAsync(nameof(OrchestrationSamples.Gated), "gate", "x");
        await Host.StatusBecomesAsync("x", "waits");
        using var running = await SendAsync(HttpMethod.Get, "/x");
        Assert.Equal(HttpStatusCode.Accepted, running.StatusCode);
        Assert.Equal(running.RequestMessage!.RequestUri, running.Headers.Location);
        await AssertJsonAsync(running, """
            {"name":"Gated","instanceId":"x","runtimeStatus":"Running","input":"gate","customStatus":"waits","output":null,
             "createdTime":"2026-03-01T12:00:00Z","lastUpdatedTime":"2026-03-01T12:00:00Z"}
            """);

        Journal.Open("gate");
        await Host.EndOfAsync("x");
        using var ended = await SendAsync(HttpMethod.Get, "/x", "showInput=false&");
        Assert.Equal(HttpStatusCode.OK, ended.StatusCode);
        await AssertJsonAsync(ended, """
            {"name":"Gated","instanceId":"x","runtimeStatus":"Completed","input":null,"customStatus":"waits","output":"first gate third",
             "createdTime":"2026-03-01T12:00:00Z","lastUpdatedTime":"2026-03-01T12:00:00Z"}
            """);
    }

    [Fact]
    public async Task A_failed_instance_shows_its_message_as_it_is()
    {
        await ScheduleAsync(nameof(OrchestrationSamples.LargeStatus), null, "x");
        await Host.EndOfAsync("x");
        using var failed = await SendAsync(HttpMethod.Get, "/x");
        Assert.Equal(HttpStatusCode.OK, failed.StatusCode);
        var shown = JsonNode.Parse(await failed.Content.ReadAsStringAsync(Ct))!;
        Assert.Equal("Failed", (string?)shown["runtimeStatus"]);
        Assert.StartsWith("The custom status has 8002", (string?)shown["output"], StringComparison.Ordinal);
        using var as500 = await SendAsync(HttpMethod.Get, "/x", "returnInternalServerErrorOnFailure=true&");
        Assert.Equal(HttpStatusCode.InternalServerError, as500.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/x")]
    [InlineData("GET", "")]
    [InlineData("DELETE", "/x")]
    [InlineData("POST", "/x/terminate")]
    [InlineData("POST", "/x/raiseEvent/e")]
    public async Task Without_the_key_nothing_is_answered(string method, string path)
    {
        await ScheduleAsync(nameof(OrchestrationSamples.Gated), "gate", "x");
        foreach (var query in (string[])["", "?code=", "?code=wrong", $"?code={Host.Key}x", $"?code={Host.Key[..^1]}"])
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), Instances + path + query);
            using var answer = await Host.Http.SendAsync(request, Ct);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }

        Assert.Equal(1, await CountAsync("instances", "status <> 'Terminated'"));
    }

    [Fact]
    public async Task The_key_is_made_once_and_outlives_the_host()
    {
        var key = Host.Key;
        Assert.True(key.Length >= 32);
        await StopHostAsync();
        await StartHostAsync();
        Assert.Equal(key, Host.Key);
        await StopHostAsync();
        await StartHostAsync(("LocalHost:Key", "given"));
        Assert.Equal("given", Host.Key);
    }

    [Fact]
    public async Task The_key_opens_the_admin_call_too()
    {
        using var refused = await Host.Http.PostAsync(new Uri("/admin/functions/Tick", UriKind.Relative), null, Ct);
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Empty(Journal.Lines);
    }

    [Fact]
    public async Task Terminating_answers_202_then_410_and_404_for_an_unknown_id()
    {
        await ScheduleAsync(nameof(OrchestrationSamples.Gated), "gate", "x");
        Assert.Equal(HttpStatusCode.Accepted, await StatusOfAsync(HttpMethod.Post, "/x/terminate", "reason=enough&"));
        using var status = await SendAsync(HttpMethod.Get, "/x");
        var shown = JsonNode.Parse(await status.Content.ReadAsStringAsync(Ct))!;
        Assert.Equal(("Terminated", "enough"), ((string?)shown["runtimeStatus"], (string?)shown["output"]));
        Assert.Equal(HttpStatusCode.Gone, await StatusOfAsync(HttpMethod.Post, "/x/terminate"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusOfAsync(HttpMethod.Post, "/y/terminate"));
    }

    [Fact]
    public async Task Purging_removes_an_ended_instance_and_its_history_and_no_other()
    {
        await ScheduleAsync(nameof(OrchestrationSamples.Gated), "gate", "live");
        await Host.StatusBecomesAsync("live", "waits");
        await ScheduleAsync(nameof(OrchestrationSamples.Chain), 1, "ended");
        await Host.EndOfAsync("ended");
        using var purged = await SendAsync(HttpMethod.Delete, "/ended");
        await AssertJsonAsync(purged, """{"instancesDeleted":1}""");
        Assert.Equal(HttpStatusCode.NotFound, await StatusOfAsync(HttpMethod.Get, "/ended"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusOfAsync(HttpMethod.Delete, "/ended"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusOfAsync(HttpMethod.Delete, "/live"));
        Assert.Equal(0, await CountAsync("history", "execution_id NOT IN (SELECT execution_id FROM local_host.instances)"));
        Assert.Equal(HttpStatusCode.Accepted, await StatusOfAsync(HttpMethod.Get, "/live"));
    }

    [Fact]
    public async Task The_list_is_filtered_and_goes_on_with_a_token()
    {
        for (var i = 0; i < 3; i++)
        {
            await ScheduleAsync(nameof(OrchestrationSamples.Chain), 1, $"a{i}");
            await Host.EndOfAsync($"a{i}");
        }

        await ScheduleAsync(nameof(OrchestrationSamples.Gated), "gate", "b");
        using var first = await SendAsync(HttpMethod.Get, "", "runtimeStatus=Completed,Failed&top=2&instanceIdPrefix=a&createdTimeFrom=2026-03-01T00:00:00Z&");
        Assert.Equal(["a0", "a1"], await IdsAsync(first));
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{Instances}?runtimeStatus=Completed&top=2&code={Host.Key}");
        request.Headers.Add("x-ms-continuation-token", first.Headers.GetValues("x-ms-continuation-token"));
        using var second = await Host.Http.SendAsync(request, Ct);
        Assert.Equal(["a2"], await IdsAsync(second));
        using var all = await SendAsync(HttpMethod.Get, "");
        Assert.Equal(["a0", "a1", "a2", "b"], await IdsAsync(all));
        using var none = await SendAsync(HttpMethod.Get, "", "createdTimeFrom=2026-03-02T00:00:00Z&");
        Assert.Empty(await IdsAsync(none));
        Assert.Equal(HttpStatusCode.BadRequest, await StatusOfAsync(HttpMethod.Get, "", "runtimeStatus=Sleeping&"));
    }

    [Theory]
    [InlineData("raiseEvent/e")]
    [InlineData("suspend")]
    [InlineData("resume")]
    [InlineData("rewind")]
    public async Task What_is_not_implemented_answers_501(string verb) =>
        Assert.Equal(HttpStatusCode.NotImplemented, await StatusOfAsync(HttpMethod.Post, "/x/" + verb));

    [Fact]
    public async Task The_management_payload_leads_back_here()
    {
        await ScheduleAsync(nameof(OrchestrationSamples.Chain), 1, "x");
        await Host.EndOfAsync("x");
        var urls = JsonNode.Parse(await Host.Http.GetStringAsync(new Uri("/urls/x", UriKind.Relative), Ct))!;
        Assert.Equal("x", (string?)urls["id"]);
        Assert.Contains("/terminate?reason={{text}}&code=", (string?)urls["terminatePostUri"], StringComparison.Ordinal);
        using var status = await Host.Http.GetAsync(new Uri((string)urls["statusQueryGetUri"]!), Ct);
        Assert.Equal(HttpStatusCode.OK, status.StatusCode);
        using var purge = await Host.Http.DeleteAsync(new Uri((string)urls["purgeHistoryDeleteUri"]!), Ct);
        Assert.Equal(HttpStatusCode.OK, purge.StatusCode);
    }

    private Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string query = "") =>
        Host.Http.SendAsync(new HttpRequestMessage(method, $"{Instances}{path}?{query}code={Host.Key}"), Ct);

    private async Task<HttpStatusCode> StatusOfAsync(HttpMethod method, string path, string query = "")
    {
        using var answer = await SendAsync(method, path, query);
        return answer.StatusCode;
    }

    private static async Task AssertJsonAsync(HttpResponseMessage answer, string expected) => Assert.True(
        JsonNode.DeepEquals(JsonNode.Parse(expected), JsonNode.Parse(await answer.Content.ReadAsStringAsync(Ct))),
        await answer.Content.ReadAsStringAsync(Ct));

    private static async Task<List<string?>> IdsAsync(HttpResponseMessage answer) =>
        [.. JsonSerializer.Deserialize<JsonArray>(await answer.Content.ReadAsStringAsync(Ct))!.Select(i => (string?)i!["instanceId"])];
}
