using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.DurableTask.Client;
using RagFunctions.AllCabinets;
using RagFunctions.Api.OpenApi;
using RagFunctions.Core;
using RagFunctions.Core.Changes;
using RagFunctions.Core.Runs;
using RagFunctions.Index;

namespace RagFunctions.Api;

/// <summary>Asks for runs.</summary>
public sealed class IndexApi(StartIndex start, DurableRunStarter starter)
{
    private static readonly QueryFlag FullRebuild = new("full_rebuild", "Read everything again, delete what is gone, verify.");
    private static readonly QueryFlag AllowMassDelete =
        new("allow_mass_delete", "This request may delete more than half of an entity; needs an operator's key.");

    internal static readonly ApiRoute PostIndexRoute = new(RouteKey.Cabinet)
    {
        Query = [FullRebuild, AllowMassDelete],
        Body = ChangedIds.Body,
        Answers =
        [
            ApiAnswer.Of(202, "Ids are queued and the request is stored: nothing is lost afterwards. The run goes on in the background.", ApiExamples.AcceptedIndex),
            ApiAnswer.Of(200, "The body names no row: no run.", new NothingToDo("nothing_to_do", 1, 0)),
        ],
        Refusals = [ApiRefusals.UnknownCabinet],
    };

    internal static readonly ApiRoute PostIndexAllRoute = new(RouteKey.Operator)
    {
        Query = [FullRebuild],
        Answers = [ApiAnswer.Of(202, "The runs are being started, ten at a time.", ApiExamples.AcceptedIndexAll)],
    };

    /// <summary>A run of one cabinet, with the ids of changed rows if the caller knows them.</summary>
    [Function(nameof(PostIndex))]
    public Task<IResult> PostIndex(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/rag/index/{cabinetId}")] HttpRequest request,
        string cabinetId,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        PostIndexRoute.ForCabinetAsync(request, cabinetId, async (id, query) =>
        {
            starter.Use(client);
            if (query.Has(AllowMassDelete) && !ApiCaller.Of(request).IsOperator)
            {
                return Problem.Of(request, StatusCodes.Status403Forbidden, $"{AllowMassDelete.Name} needs an operator's key.");
            }

            var changed = await ChangedIds.Body.ReadAsync(request, cancellationToken);
            var result = await start.StartAsync(
                new StartIndexRequest(id, query.Has(FullRebuild), query.Has(AllowMassDelete), changed), cancellationToken);
            return result.Status switch
            {
                StartIndexStatus.UnknownCabinet => Problem.UnknownCabinet(request, id),
                StartIndexStatus.NothingToDo => ApiJson.Answer(new NothingToDo("nothing_to_do", id, 0)),
                _ => AcceptedOf(id, result).AnswerTo(request, client),
            };
        });

    /// <summary>Runs of all active cabinets.</summary>
    [Function(nameof(PostIndexAll))]
    public Task<IResult> PostIndexAll(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/rag/index")] HttpRequest request,
        [DurableClient] DurableTaskClient client,
        CancellationToken cancellationToken) =>
        PostIndexAllRoute.ForOperatorAsync(request, async query =>
        {
            var full = query.Has(FullRebuild);
            if (await ChangedIds.Body.ReadAsync(request, cancellationToken) is not null)
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

/// <summary>The answer to a request whose body names no row.</summary>
/// <param name="Status">Always <c>nothing_to_do</c>.</param>
/// <param name="CabinetId">Whose.</param>
/// <param name="AcceptedChanges">Always 0.</param>
internal sealed record NothingToDo(string Status, long CabinetId, long AcceptedChanges);
