using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using RagFunctions.Api.OpenApi;
using RagFunctions.Core.Status;

namespace RagFunctions.Api;

/// <summary>Tells how the index of a cabinet stands.</summary>
public sealed class StatusApi(IndexStatusReader statuses, RunReader runs, IndexMetricsReader metrics)
{
    private const int RunsShown = 20;

    internal static readonly ApiRoute GetStatusRoute = new(RouteKey.Cabinet)
    {
        Answers = [ApiAnswer.Of(200, "How the index stands; not_found where the cabinet was never indexed.", ApiExamples.Status)],
    };

    internal static readonly ApiRoute GetRunsRoute = new(RouteKey.Cabinet)
    {
        Answers = [ApiAnswer.Of(200, "The last 20 runs; none is an empty list.", ApiExamples.Runs)],
    };

    internal static readonly ApiRoute GetRunRoute = new(RouteKey.Cabinet)
    {
        Answers = [ApiAnswer.Of(200, "The run.", ApiExamples.Run)],
        Refusals = [new(404, "The cabinet has no such run.", $"Cabinet 1 has no run {Guid.Empty}.")],
    };

    internal static readonly ApiRoute GetMetricsRoute = new(RouteKey.Cabinet)
    {
        Answers = [ApiAnswer.Of(200, "The figures.", ApiExamples.Metrics)],
        Refusals = [new(404, "No run yet.", "Cabinet 2 has no run yet.")],
    };

    /// <summary>Status, lag and the last run. A cabinet that was never indexed: 200 with <c>not_found</c>, as it always was.</summary>
    [Function(nameof(GetStatus))]
    public Task<IResult> GetStatus(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/rag/status/{cabinetId}")] HttpRequest request,
        string cabinetId,
        CancellationToken cancellationToken) =>
        GetStatusRoute.ForCabinetAsync(request, cabinetId, async (id, _) => ApiJson.Answer(await statuses.ReadAsync(id, cancellationToken)));

    /// <summary>The last runs, newest first.</summary>
    [Function(nameof(GetRuns))]
    public Task<IResult> GetRuns(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/rag/runs/{cabinetId}")] HttpRequest request,
        string cabinetId,
        CancellationToken cancellationToken) =>
        GetRunsRoute.ForCabinetAsync(request, cabinetId, async (id, _) =>
            ApiJson.Answer(new RunList(id, await runs.LatestAsync(id, RunsShown, cancellationToken))));

    /// <summary>One run.</summary>
    [Function(nameof(GetRun))]
    public Task<IResult> GetRun(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/rag/runs/{cabinetId}/{runId}")] HttpRequest request,
        string cabinetId,
        string runId,
        CancellationToken cancellationToken) =>
        GetRunRoute.ForCabinetAsync(request, cabinetId, async (id, _) =>
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
        GetMetricsRoute.ForCabinetAsync(request, cabinetId, async (id, _) => await metrics.ReadAsync(id, cancellationToken) is { } found
            ? ApiJson.Answer(found)
            : Problem.Of(request, StatusCodes.Status404NotFound, $"Cabinet {id} has no run yet."));
}

/// <summary>The last runs of a cabinet.</summary>
/// <param name="CabinetId">Whose.</param>
/// <param name="Runs">The newest first.</param>
internal sealed record RunList(long CabinetId, IReadOnlyList<RunRecord> Runs);
