using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using RagFunctions.Api.OpenApi;
using RagFunctions.Core.Status;

namespace RagFunctions.Api;

/// <summary>Tells what an operator has to see first, of all cabinets that the key opens, and what lies behind it.</summary>
public sealed class BoardApi(CabinetBoard board, RunHistory history, CabinetDetailReader details, FailureReader failures)
{
    private const string Fortnight = "fortnight";

    private static readonly QueryWord Sort = new("sort", "What the page is sorted by; urgency where it is absent.", BoardPage.Sorts);
    private static readonly QueryFlag Reversed = new("reversed", "The other way round.");
    private static readonly QueryWord State = new("state", "Only cabinets of this state.", [.. CabinetStateNames.All.Select(state => state.WireName())]);
    private static readonly QueryText Search = new("search", "Only cabinets with this in their name, or with this id.", 200);
    private static readonly QueryNumber Page = new("page", "The page.", 1_000_000) { Usual = 1 };
    private static readonly QueryNumber Limit = new("limit", "Cabinets on a page.", CabinetBoard.MaxPage) { Usual = 50 };
    private static readonly QueryIds Keep = new("keep", "Cabinets that are answered in kept, whatever page they are on.", CabinetBoard.MaxPage);
    private static readonly QueryWord Window = new("window", "How far back: 24 hours by the hour, or 14 days in steps of six hours; day where it is absent.", ["day", Fortnight]);

    internal static readonly ApiRoute GetOverviewRoute = new(RouteKey.Any)
    {
        Query = [Sort, Reversed, State, Search, Page, Limit, Keep],
        Answers = [ApiAnswer.Of(200, "How they stand, some seconds ago at most.", BoardExamples.Board)],
    };

    internal static readonly ApiRoute GetHistoryRoute = new(RouteKey.Any)
    {
        Query = [Window],
        Answers = [ApiAnswer.Of(200, "The steps, the oldest first.", BoardExamples.History)],
    };

    internal static readonly ApiRoute GetCabinetHistoryRoute = new(RouteKey.Cabinet)
    {
        Query = [Window],
        Answers = [ApiAnswer.Of(200, "The steps, the oldest first.", BoardExamples.History)],
    };

    internal static readonly ApiRoute GetDetailsRoute = new(RouteKey.Cabinet)
    {
        Answers = [ApiAnswer.Of(200, "The cabinet.", BoardExamples.Detail)],
        Refusals = [new(404, "There is no such cabinet.", "Cabinet 2 is unknown.")],
    };

    internal static readonly ApiRoute GetFailuresRoute = new(RouteKey.Cabinet)
    {
        Answers = [ApiAnswer.Of(200, "What failed; empty lists where nothing did.", BoardExamples.Failures)],
    };

    /// <summary>How all cabinets stand together, and a page of them. A limited key sees its own.</summary>
    [Function(nameof(GetOverview))]
    public Task<IResult> GetOverview(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/rag/overview")] HttpRequest request, CancellationToken cancellationToken) =>
        GetOverviewRoute.ForCallerAsync(request, async (caller, query) => ApiJson.Answer(await board.ReadAsync(
            caller.Cabinets,
            new BoardPage(
                query.Of(Sort) ?? BoardPage.Sorts[0], query.Has(Reversed), query.Of(State), query.Of(Search), (int)query.Of(Page), (int)query.Of(Limit),
                query.Of(Keep)),
            cancellationToken)));

    /// <summary>What the runs of all cabinets did lately. A limited key sees its own.</summary>
    [Function(nameof(GetHistory))]
    public Task<IResult> GetHistory(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/rag/history")] HttpRequest request, CancellationToken cancellationToken) =>
        GetHistoryRoute.ForCallerAsync(request, async (caller, query) =>
            ApiJson.Answer(await history.ReadAsync(caller.Cabinets, WindowOf(query), cancellationToken)));

    /// <summary>What the runs of one cabinet did lately.</summary>
    [Function(nameof(GetCabinetHistory))]
    public Task<IResult> GetCabinetHistory(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/rag/history/{cabinetId}")] HttpRequest request,
        string cabinetId,
        CancellationToken cancellationToken) =>
        GetCabinetHistoryRoute.ForCabinetAsync(request, cabinetId, async (id, query) =>
            ApiJson.Answer(await history.ReadAsync([id], WindowOf(query), cancellationToken)));

    /// <summary>A cabinet beside its index: sync, budget, model.</summary>
    [Function(nameof(GetDetails))]
    public Task<IResult> GetDetails(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/rag/details/{cabinetId}")] HttpRequest request,
        string cabinetId,
        CancellationToken cancellationToken) =>
        GetDetailsRoute.ForCabinetAsync(request, cabinetId, async (id, _) => await details.ReadAsync(id, cancellationToken) is { } found
            ? ApiJson.Answer(found)
            : Problem.Of(request, StatusCodes.Status404NotFound, $"Cabinet {id} is unknown."));

    /// <summary>What of a cabinet is kept with a reason.</summary>
    [Function(nameof(GetFailures))]
    public Task<IResult> GetFailures(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/rag/failures/{cabinetId}")] HttpRequest request,
        string cabinetId,
        CancellationToken cancellationToken) =>
        GetFailuresRoute.ForCabinetAsync(request, cabinetId, async (id, _) => ApiJson.Answer(await failures.ReadAsync(id, cancellationToken)));

    private static HistoryWindow WindowOf(QueryValues query) => query.Of(Window) == Fortnight ? HistoryWindow.Fortnight : HistoryWindow.Day;
}
