using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using RagFunctions.Cli;
using RagFunctions.Index;
using RagFunctions.Sync;

namespace RagFunctions.Dev.Demo;

/// <summary>The demo's eyes: the HTTP API and Durable's management URLs, as any operator sees them.</summary>
internal sealed class DemoApi(HttpClient http, long cabinetId, string managementKey)
{
    private static readonly JsonSerializerOptions Api = new(JsonSerializerDefaults.Web) { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>The status of the index.</summary>
    public async Task<DemoStatus> StatusAsync(CancellationToken cancellationToken) =>
        (await http.GetFromJsonAsync<DemoStatus>($"v1/rag/status/{cabinetId}", Api, cancellationToken))!;

    /// <summary>The runs after one, newest first; all of the last ones without it.</summary>
    public async Task<IReadOnlyList<DemoRun>> RunsAfterAsync(Guid? last, CancellationToken cancellationToken)
    {
        var answer = await http.GetFromJsonAsync<JsonElement>($"v1/rag/runs/{cabinetId}", cancellationToken);
        return [.. answer.GetProperty("runs").Deserialize<DemoRun[]>(Api)!.TakeWhile(run => run.RunId != last)];
    }

    /// <summary>The figures of the latest run.</summary>
    public Task<JsonElement> MetricsAsync(CancellationToken cancellationToken) =>
        http.GetFromJsonAsync<JsonElement>($"v1/rag/metrics/{cabinetId}", cancellationToken);

    /// <summary>How the cabinet's last sync ended.</summary>
    /// <param name="since">Real time, as everything that Durable says.</param>
    /// <returns>Null while it runs, and when none was started at or after the instant.</returns>
    /// <exception cref="CliException">It broke.</exception>
    public async Task<SyncSummary?> SyncSinceAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        var id = InstanceIds.SyncOf(cabinetId);
        using var answer = await http.GetAsync($"runtime/webhooks/durabletask/instances/{id}?showInput=false&code={managementKey}", cancellationToken);
        if (answer.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }

        var instance = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        if (answer.StatusCode == HttpStatusCode.Accepted)
        {
            return null;
        }

        var summary = instance.GetProperty("runtimeStatus").GetString() == "Completed"
            ? instance.GetProperty("output").Deserialize<SyncSummary>(JsonSerializerOptions.Web)!
            : throw new CliException($"{id} ended {instance.GetProperty("runtimeStatus")}: {instance.GetProperty("output")}");
        return summary.StartedAt >= since ? summary : null;
    }

    /// <summary>Whether an orchestration has not ended.</summary>
    public async Task<bool> IsAtWorkAsync(CancellationToken cancellationToken) =>
        (await http.GetFromJsonAsync<JsonElement>(
            $"runtime/webhooks/durabletask/instances?runtimeStatus=Running,Pending&showInput=false&code={managementKey}", cancellationToken)).GetArrayLength() > 0;
}

/// <summary>What the demo watches of a cabinet's status, as the HTTP API tells it.</summary>
internal sealed record DemoStatus(
    string? IndexingStatus, string? Outcome, string? RequestedMode, long TotalChunks, long Pending, long Failed, long Queued, double LagSeconds,
    string ChangeSource)
{
    /// <summary>Nothing waits and nothing failed.</summary>
    public bool IsSettled => (RequestedMode, Pending, Failed, Queued) == (null, 0, 0, 0);
}

/// <summary>What the demo shows of an index run, as the HTTP API tells it. Money in US dollars.</summary>
internal sealed record DemoRun(
    Guid RunId, string Mode, string? Outcome, string? LastError, long ChunksNew, long ChunksUpdated, long ChunksUnchanged, long ChunksDeleted,
    long ChunksExpired, long EmbeddingInputs, long EmbeddingTokens, decimal CostUsd, long NaiveInputs, long NaiveTokens, decimal NaiveCostUsd);
