using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using RagFunctions.Core.Status;

namespace RagFunctions.Api;

/// <summary>Tells how all cabinets stand.</summary>
public sealed class CabinetsApi(CabinetOverview overview)
{
    private const int UsualPage = 100;

    /// <summary>Every cabinet at a glance, paged by id.</summary>
    [Function(nameof(GetCabinets))]
    public Task<IResult> GetCabinets(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/rag/cabinets")] HttpRequest request, CancellationToken cancellationToken) =>
        CabinetRequest.ForOperatorAsync(request, async () =>
        {
            var numbers = RequestReader.ReadNumbers(request, ("after", long.MaxValue), ("limit", CabinetOverview.MaxPage));
            return ApiJson.Answer(await overview.ReadAsync(
                numbers.GetValueOrDefault("after"), (int)numbers.GetValueOrDefault("limit", UsualPage), cancellationToken));
        });
}
