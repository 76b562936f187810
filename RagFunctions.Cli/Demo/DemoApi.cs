using System.Net.Http.Json;
using System.Text.Json;

namespace RagFunctions.Cli.Demo;

/// <summary>The demo's eyes: the HTTP API, as any operator sees it.</summary>
internal sealed class DemoApi(HttpClient http, long cabinetId)
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    /// <summary>Waits until a run newer than <paramref name="after"/> has ended.</summary>
    /// <returns>The run, as the API tells it.</returns>
    /// <exception cref="TimeoutException">No run ended within two minutes.</exception>
    public async Task<JsonElement> RunAfterAsync(string? after, Action<JsonElement> watch, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(2));
        try
        {
            while (true)
            {
                watch(await http.GetFromJsonAsync<JsonElement>($"v1/rag/status/{cabinetId}", patience.Token));
                var runs = await http.GetFromJsonAsync<JsonElement>($"v1/rag/runs/{cabinetId}", patience.Token);
                foreach (var run in runs.GetProperty("runs").EnumerateArray().Take(1))
                {
                    if (run.GetProperty("run_id").GetString() != after && run.GetProperty("outcome").ValueKind == JsonValueKind.String)
                    {
                        return run;
                    }
                }

                await Task.Delay(Poll, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"No run of cabinet {cabinetId} ended within two minutes; rag status {cabinetId} tells more.");
        }
    }
}
