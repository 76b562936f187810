using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using RagFunctions.Api.OpenApi;
using RagFunctions.Core.Status;

namespace RagFunctions.Api;

/// <summary>Tells how all cabinets stand.</summary>
public sealed class CabinetsApi(CabinetOverview overview)
{
    private static readonly QueryNumber After = new("after", "The cabinets behind this id: next_after of the page before.", long.MaxValue);
    private static readonly QueryNumber Limit = new("limit", "Cabinets on a page.", CabinetOverview.MaxPage) { Usual = 100 };

    internal static readonly ApiRoute GetCabinetsRoute = new(RouteKey.Operator)
    {
        Query = [After, Limit],
        Answers = [ApiAnswer.Of(200, "A page in the order of ids.", ApiExamples.Cabinets)],
    };

    /// <summary>Every cabinet at a glance, paged by id.</summary>
    [Function(nameof(GetCabinets))]
    public Task<IResult> GetCabinets(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/rag/cabinets")] HttpRequest request, CancellationToken cancellationToken) =>
        GetCabinetsRoute.ForOperatorAsync(request, async query =>
            ApiJson.Answer(await overview.ReadAsync(query.Of(After), (int)query.Of(Limit), cancellationToken)));
}
