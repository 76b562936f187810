using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using RagFunctions.AllCabinets;
using RagFunctions.Core;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Runs;
using RagFunctions.Index;

namespace RagFunctions.Api;

/// <summary>Asks for runs.</summary>
public sealed class IndexApi(StartIndex start, DurableRunStarter starter)
{
    private const string FullRebuild = "full_rebuild";
    private const string AllowMassDelete = "allow_mass_delete";

    /// <summary>A run of one cabinet, with the ids of changed rows if the caller knows them.</summary>
    [Function(nameof(PostIndex))]
    public Task<IResult> PostIndex(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/rag/index/{cabinetId}")] HttpRequest request,
        string cabinetId,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        CabinetRequest.ForCabinetAsync(request, cabinetId, async id =>
        {
            starter.Use(client);
            var flags = RequestReader.ReadFlags(request, FullRebuild, AllowMassDelete);
            if (flags.Contains(AllowMassDelete) && !ApiCaller.Of(request).IsOperator)
            {
                return Problem.Of(request, StatusCodes.Status403Forbidden, $"{AllowMassDelete} needs an operator's key.");
            }

            var changed = await RequestReader.ReadChangedIdsAsync(request, cancellationToken);
            var result = await start.StartAsync(
                new StartIndexRequest(id, flags.Contains(FullRebuild), flags.Contains(AllowMassDelete), changed), cancellationToken);
            return result.Status switch
            {
                StartIndexStatus.UnknownCabinet => Problem.UnknownCabinet(request, id),
                StartIndexStatus.NothingToDo => ApiJson.Answer(new { Status = "nothing_to_do", CabinetId = id, AcceptedChanges = 0 }),
                _ => AcceptedOf(id, result).AnswerTo(request, client),
            };
        });

    /// <summary>Runs of all active cabinets.</summary>
    [Function(nameof(PostIndexAll))]
    public Task<IResult> PostIndexAll(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/rag/index")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        CabinetRequest.ForOperatorAsync(request, async () =>
        {
            var full = RequestReader.ReadFlags(request, FullRebuild).Contains(FullRebuild);
            if (await RequestReader.ReadChangedIdsAsync(request, cancellationToken) is not null)
            {
                throw new BadRequestException("Changed ids belong to one cabinet: POST /v1/rag/index/{cabinet_id}.");
            }

            // Each mode is an instance of its own: a rebuild asked for while ordinary runs are being started is not lost.
            var mode = full ? RunMode.Full : RunMode.CatchUp;
            var started = await client.StartSingletonAsync(
                full ? nameof(RebuildAllCabinets) : nameof(StartAllCabinets),
                full ? InstanceIds.RebuildAll : InstanceIds.StartAll,
                new AllCabinetsInput(mode),
                cancellationToken);
            return new Accepted
            {
                Message = started.AlreadyRunning ? "Already under way" : "Started for all active cabinets",
                IndexingMode = mode.WireName(),
                InstanceId = started.InstanceId,
                AcceptedChanges = 0,
            }.AnswerTo(request, client);
        });

    private static Accepted AcceptedOf(long cabinetId, StartIndexResult result) => new()
    {
        Message = result.Run is null ? "Stored; it starts within a minute" : "Indexing runs in the background",
        CabinetId = cabinetId,
        IndexingMode = result.Mode.WireName(),
        InstanceId = result.Run?.InstanceId ?? InstanceIds.IndexOf(cabinetId),
        AcceptedChanges = result.AcceptedChanges,
    };
}
