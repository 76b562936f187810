using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using RagFunctions.Core;
using RagFunctions.Core.Embeddings;
using RagFunctions.Core.Search;

namespace RagFunctions.Api;

/// <summary>Searches the index of a cabinet.</summary>
public sealed class SearchApi(IndexSearch search)
{
    /// <summary>The rows of one cabinet that answer a question best.</summary>
    [Function(nameof(PostSearch))]
    public Task<IResult> PostSearch(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/rag/search/{cabinetId}")] HttpRequest request,
        string cabinetId,
        CancellationToken cancellationToken) =>
        CabinetRequest.ForCabinetAsync(request, cabinetId, async id =>
        {
            RequestReader.ReadFlags(request);
            var asked = await RequestReader.ReadJsonAsync(request, SearchBody.Read, cancellationToken)
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

/// <summary>Reads the body of a search: every field known, every value within its bounds.</summary>
internal static class SearchBody
{
    /// <exception cref="BadRequestException">Says which field is wrong, and how.</exception>
    public static SearchRequest Read(JsonElement body)
    {
        SearchRequest? request = null;
        foreach (var field in RequestReader.Fields(body, "The body"))
        {
            request ??= new SearchRequest("");
            var value = field.Value;
            request = field.Name switch
            {
                "query" => request with { Question = Text(value) },
                "mode" => request with { Mode = Mode(value) },
                "limit" => request with { Limit = (int)Integer(value, "limit", SearchRequest.MaxLimit) },
                "kinds" => request with { Kinds = List(value, "kinds", EntityNames.All.Count, Kind) },
                "articles" => request with { Articles = List(value, "articles", SearchRequest.MaxArticles, (item, name) => Integer(item, name, long.MaxValue)) },
                "from" => request with { From = Day(value, "from") },
                "to" => request with { To = Day(value, "to") },
                "min_score" => request with { MinScore = Share(value) },
                _ => throw new BadRequestException($"The body has no field '{field.Name}'."),
            };
        }

        if (string.IsNullOrEmpty(request?.Question))
        {
            throw new BadRequestException("query is missing.");
        }

        return request.From <= request.To || request.From is null || request.To is null
            ? request
            : throw new BadRequestException("from must not be later than to.");
    }

    private static string Text(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && value.GetString() is { } text && !string.IsNullOrWhiteSpace(text)
            && text.Length <= SearchRequest.LongestQuestion && !text.Contains('\0', StringComparison.Ordinal)
            ? text
            : throw new BadRequestException($"query must be a text of 1 to {SearchRequest.LongestQuestion} characters.");

    private static SearchMode Mode(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && SearchModeNames.TryParse(value.GetString(), out var mode)
            ? mode
            : throw new BadRequestException("mode must be hybrid, vector or text.");

    private static Entity Kind(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.String && EntityNames.TryParseWireName(value.GetString(), out var entity)
            ? entity
            : throw new BadRequestException($"{name} must be one of orders, products, stocks, reviews, sales.");

    private static long Integer(JsonElement value, string name, long most) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 1 && number <= most
            ? number
            : throw new BadRequestException($"{name} must be an integer from 1 to {most}.");

    private static DateOnly Day(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.String
            && DateOnly.TryParseExact(value.GetString(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)
            && day.Year is > 1999 and < 3000
            ? day
            : throw new BadRequestException($"{name} must be a day such as 2026-11-01.");

    private static double Share(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var score) && score is >= 0 and <= 1
            ? score
            : throw new BadRequestException("min_score must be a number from 0 to 1.");

    private static List<T> List<T>(JsonElement value, string name, int most, Func<JsonElement, string, T> item)
    {
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() is var length && (length < 1 || length > most))
        {
            throw new BadRequestException($"{name} must be a list of 1 to {most}.");
        }

        List<T> items = [];
        foreach (var element in value.EnumerateArray())
        {
            items.Add(item(element, $"{name}[{items.Count}]"));
        }

        return items;
    }
}
