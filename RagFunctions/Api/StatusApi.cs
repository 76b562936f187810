using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using RagFunctions.Core.Status;

namespace RagFunctions.Api;

/// <summary>Tells how the index of a cabinet stands.</summary>
public sealed class StatusApi(IndexStatusReader statuses, RunReader runs, IndexMetricsReader metrics)
{
    private const int RunsShown = 20;

    /// <summary>Status, lag and the last run. A cabinet that was never indexed: 200 with <c>not_found</c>, as it always was.</summary>
    [Function(nameof(GetStatus))]
    public Task<IResult> GetStatus(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/rag/status/{cabinetId}")] HttpRequest request,
        string cabinetId,
        CancellationToken cancellationToken) =>
        CabinetRequest.ForCabinetAsync(request, cabinetId, async id => ApiJson.Answer(await statuses.ReadAsync(id, cancellationToken)));

    /// <summary>The last runs, newest first.</summary>
    [Function(nameof(GetRuns))]
    public Task<IResult> GetRuns(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/rag/runs/{cabinetId}")] HttpRequest request,
        string cabinetId,
        CancellationToken cancellationToken) =>
        CabinetRequest.ForCabinetAsync(request, cabinetId, async id =>
            ApiJson.Answer(new { CabinetId = id, Runs = await runs.LatestAsync(id, RunsShown, cancellationToken) }));

    /// <summary>One run.</summary>
    [Function(nameof(GetRun))]
    public Task<IResult> GetRun(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/rag/runs/{cabinetId}/{runId}")] HttpRequest request,
        string cabinetId,
        string runId,
        CancellationToken cancellationToken) =>
        CabinetRequest.ForCabinetAsync(request, cabinetId, async id =>
        {
            if (!Guid.TryParseExact(runId, "D", out var run))
            {
                throw new BadRequestException("run_id must be a UUID.");
            }

            return await runs.SingleAsync(id, run, cancellationToken) is { } found
                ? ApiJson.Answer(found)
                : Problem.Of(request, StatusCodes.Status404NotFound, $"Cabinet {id} has no run {run}.");
        });

    /// <summary>Figures of the latest run.</summary>
    [Function(nameof(GetMetrics))]
    public Task<IResult> GetMetrics(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/rag/metrics/{cabinetId}")] HttpRequest request,
        string cabinetId,
        CancellationToken cancellationToken) =>
        CabinetRequest.ForCabinetAsync(request, cabinetId, async id => await metrics.ReadAsync(id, cancellationToken) is { } found
            ? ApiJson.Answer(found)
            : Problem.Of(request, StatusCodes.Status404NotFound, $"Cabinet {id} has no run yet."));
}
