using System.Net;
using System.Text.Json.Nodes;

namespace RagFunctions.Tests.Dev.LocalHost;

/// <summary>Durable's management API and the admin call of a local host, as an operator uses them.</summary>
internal sealed class DurableApi(HttpClient http, string key)
{
    public const string Instances = $"{Root}/instances";

    private const string Root = "/runtime/webhooks/durabletask";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string query = "") =>
        http.SendAsync(new HttpRequestMessage(method, $"{Instances}{path}?{query}code={key}"), Stop);

    /// <summary>Starts an orchestration without an input.</summary>
    public Task<HttpResponseMessage> StartAsync(string orchestrator, string id) =>
        http.SendAsync(new HttpRequestMessage(HttpMethod.Post, $"{Root}/orchestrators/{orchestrator}/{id}?code={key}"), Stop);

    /// <summary>What is told of an instance; null where there is none.</summary>
    public async Task<JsonNode?> FindAsync(string id)
    {
        using var answer = await SendAsync(HttpMethod.Get, $"/{id}");
        return answer.StatusCode == HttpStatusCode.NotFound ? null : JsonNode.Parse(await answer.Content.ReadAsStringAsync(Stop));
    }

    /// <summary>The ids of all that have not ended.</summary>
    public async Task<string[]> LiveAsync()
    {
        using var answer = await SendAsync(HttpMethod.Get, "", "runtimeStatus=Running,Pending&showInput=false&");
        var body = await answer.Content.ReadAsStringAsync(Stop);
        Assert.True(answer.StatusCode == HttpStatusCode.OK, $"{answer.StatusCode}: {body}");
        return [.. JsonNode.Parse(body)!.AsArray().Select(instance => (string)instance!["instanceId"]!)];
    }

    /// <summary>Whether an instance is there and has ended.</summary>
    public async Task<bool> HasEndedAsync(string id) => await FindAsync(id) is { } instance && (string?)instance["runtimeStatus"] is not ("Running" or "Pending");

    /// <summary>What a completed instance returned.</summary>
    public async Task<JsonNode> OutputAsync(string id)
    {
        var instance = await FindAsync(id);
        Assert.True((string?)instance?["runtimeStatus"] == "Completed", $"{id}: {instance}");
        return instance!["output"]!;
    }

    /// <summary>Fires a timer function now.</summary>
    public async Task FireAsync(string timer)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/admin/functions/{timer}");
        request.Headers.Add("x-functions-key", key);
        using var answer = await http.SendAsync(request, Stop);
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
    }
}
