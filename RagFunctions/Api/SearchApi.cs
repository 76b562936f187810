using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using RagFunctions.Api.OpenApi;
using RagFunctions.Core;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Search;

namespace RagFunctions.Api;

/// <summary>Searches the index of a cabinet.</summary>
public sealed class SearchApi(IndexSearch search)
{
    internal static readonly ApiRoute PostSearchRoute = new(RouteKey.Cabinet)
    {
        Query = [],
        Body = SearchBody.Body,
        Answers = [ApiAnswer.Of(200, "The hits, the best first. An unknown cabinet has none.", ApiExamples.Search)],
        Refusals =
        [
            new(503, "The embeddings provider pauses or does not answer: ask again after Retry-After, or with the mode text.", "The embeddings provider pauses; the mode text goes on."),
        ],
    };

    /// <summary>The rows of one cabinet that answer a question best.</summary>
    [Function(nameof(PostSearch))]
    public Task<IResult> PostSearch(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/rag/search/{cabinetId}")] HttpRequest request,
        string cabinetId,
        CancellationToken cancellationToken) =>
        PostSearchRoute.ForCabinetAsync(request, cabinetId, async (id, _) =>
        {
            var asked = await SearchBody.Body.ReadAsync(request, cancellationToken)
                ?? throw new BadRequestException("The body must be an object with a query.");
            try
            {
                return ApiJson.Answer(SearchReply.Of(id, await search.FindAsync(id, asked, cancellationToken)));
            }
            catch (SearchUnavailableException unavailable)
            {
                request.HttpContext.Response.Headers.RetryAfter =
                    Math.Ceiling(unavailable.RetryAfter.TotalSeconds).ToString(CultureInfo.InvariantCulture);
                return Problem.Of(request, StatusCodes.Status503ServiceUnavailable, unavailable.Message);
            }
            catch (EmbedderMismatchException mismatch)
            {
                return Problem.Of(request, StatusCodes.Status503ServiceUnavailable, mismatch.Message);
            }
        });
}

/// <summary>The body of a search: every field known, every value within its bounds.</summary>
internal static class SearchBody
{
    private const string Days = "Only orders, reviews and sales of this Moscow day or";

    /// <summary>How it is read and described.</summary>
    public static readonly ApiBody<SearchRequest> Body = new(
        () => new SearchRequest(""),
        Field("query", "The question in words.", ApiValues.Text(SearchRequest.LongestQuestion), (request, text) => request with { Question = text }, isNeeded: true),
        Field(
            "mode", "By meaning and by word, by meaning, or by word, which needs no embeddings provider.",
            ApiValues.OneOf(SearchModeNames.All, SearchModeNames.WireName), (request, mode) => request with { Mode = mode }, usual: SearchMode.Hybrid.WireName()),
        Field("limit", "Hits at most.", ApiValues.Integer(SearchRequest.MaxLimit), (request, limit) => request with { Limit = (int)limit }, usual: SearchRequest.UsualLimit),
        Field(
            "kinds", "Only these kinds of rows.", ApiValues.ListOf(ApiValues.OneOf(EntityNames.All, EntityNames.WireName), EntityNames.All.Count),
            (request, kinds) => request with { Kinds = kinds }),
        Field(
            "articles", "Only these articles (nm_id).", ApiValues.ListOf(ApiValues.Integer(long.MaxValue), SearchRequest.MaxArticles),
            (request, articles) => request with { Articles = articles }),
        Field("from", $"{Days} later.", ApiValues.Day(), (request, day) => request with { From = day }),
        Field("to", $"{Days} earlier.", ApiValues.Day(), (request, day) => request with { To = day }),
        Field(
            "min_score", "What each way must reach: the similarity by meaning, the share of the weight of the question's words by word.",
            ApiValues.Share(), (request, share) => request with { MinScore = share }))
    {
        Check = request =>
        {
            if (request.From > request.To)
            {
                throw new BadRequestException("from must not be later than to.");
            }
        },
        Examples = new Dictionary<string, JsonObject>
        {
            ["what buyers say"] = new() { ["query"] = "маломерит, какой размер брать", ["kinds"] = new JsonArray("reviews"), ["limit"] = 1 },
            ["every field"] = new()
            {
                ["query"] = "возврат брака",
                ["mode"] = "text",
                ["limit"] = 3,
                ["kinds"] = new JsonArray("orders", "sales"),
                ["articles"] = new JsonArray(152102405),
                ["from"] = "2026-11-01",
                ["to"] = "2026-11-27",
                ["min_score"] = 0.2,
            },
        },
    };

    private static BodyField<SearchRequest> Field<T>(
        string name, string meaning, ApiValue<T> value, Func<SearchRequest, T, SearchRequest> put, bool isNeeded = false, JsonNode? usual = null) =>
        BodyField<SearchRequest>.Of(name, meaning, value, put, isNeeded, usual);
}
