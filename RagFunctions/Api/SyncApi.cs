using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using RagFunctions.AllCabinets;
using RagFunctions.Api.OpenApi;
using RagFunctions.Core;
using RagFunctions.Core.Marketplace.Cabinets;
using RagFunctions.Index;
using RagFunctions.Sync;

namespace RagFunctions.Api;

/// <summary>Asks for a sync now: due times and an earlier rejection of the token do not count, the marketplace's limits do.</summary>
public sealed class SyncApi(CabinetStore cabinets, TimeProvider time)
{
    private const string UnderWay = "Already under way; what it does not cover can be asked for after it";

    internal static readonly ApiRoute PostSyncRoute = new(RouteKey.Cabinet)
    {
        Query = [],
        Answers = [ApiAnswer.Of(202, "The sync runs, or ran already.", ApiExamples.AcceptedSync)],
        Refusals = [ApiRefusals.UnknownCabinet],
    };

    internal static readonly ApiRoute PostSyncAllRoute = new(RouteKey.Operator)
    {
        Query = [],
        Answers = [ApiAnswer.Of(202, "The syncs are being started, ten at a time.", ApiExamples.AcceptedSyncAll)],
    };

    /// <summary>The sync of one cabinet.</summary>
    [Function(nameof(PostSync))]
    public Task<IResult> PostSync(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/sync/cabinet/{cabinetId}")] HttpRequest request,
        string cabinetId,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        PostSyncRoute.ForCabinetAsync(request, cabinetId, async (id, _) =>
        {
            await RequestReader.RefuseBodyAsync(request, cancellationToken);
            if (await cabinets.OpenAsync(id, cancellationToken) is not { IsActive: true })
            {
                return Problem.UnknownCabinet(request, id);
            }

            var started = await client.StartSyncAsync(id, time.GetUtcNow(), cancellationToken);
            return new Accepted
            {
                Message = started.AlreadyRunning ? UnderWay : "The sync runs in the background",
                CabinetId = id,
                InstanceId = started.InstanceId,
            }.AnswerTo(request, client);
        });

    /// <summary>The sync of all active cabinets.</summary>
    [Function(nameof(PostSyncAll))]
    public Task<IResult> PostSyncAll(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "api/v1/sync")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        PostSyncAllRoute.ForOperatorAsync(request, async _ =>
        {
            await RequestReader.RefuseBodyAsync(request, cancellationToken);
            var started = await client.StartSingletonAsync(
                nameof(SyncAllCabinets), InstanceIds.SyncAll, new AllCabinetsInput(RunMode.Incremental) { SyncAskedAt = time.GetUtcNow() },
                cancellationToken);
            return new Accepted
            {
                Message = started.AlreadyRunning ? UnderWay : "Started for all active cabinets",
                InstanceId = started.InstanceId,
            }.AnswerTo(request, client);
        });
}
