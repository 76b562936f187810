using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace RagFunctions.Api;

/// <summary>The body of an answer that is an error: RFC 9457, plus the correlation id. Never an exception's text.</summary>
/// <param name="Type">Always <c>about:blank</c>.</param>
/// <param name="Title">The status in words.</param>
/// <param name="Status">The status.</param>
/// <param name="Detail">What is wrong, for people.</param>
/// <param name="CorrelationId">Leads to the lines of the log.</param>
public sealed record Problem(string Type, string Title, int Status, string Detail, string CorrelationId)
{
    public const string ContentType = "application/problem+json";

    /// <summary>The answer of a function.</summary>
    public static IResult Of(HttpRequest request, int status, string detail) =>
        Results.Json(For(request.HttpContext, status, detail), ApiJson.Options, ContentType, status);

    /// <summary>404: nothing is started for a cabinet that is not there or not active.</summary>
    public static IResult UnknownCabinet(HttpRequest request, long cabinetId) =>
        Of(request, StatusCodes.Status404NotFound, $"Cabinet {cabinetId} is unknown or not active.");

    /// <summary>The answer of a middleware.</summary>
    public static Task WriteAsync(HttpContext http, int status, string detail)
    {
        http.Response.StatusCode = status;
        return http.Response.WriteAsJsonAsync(For(http, status, detail), ApiJson.Options, ContentType, http.RequestAborted);
    }

    /// <summary>One as it would be answered, for the description.</summary>
    public static Problem Example(int status, string detail) =>
        new("about:blank", ReasonPhrases.GetReasonPhrase(status), status, detail, "job-42");

    private static Problem For(HttpContext http, int status, string detail) =>
        new("about:blank", ReasonPhrases.GetReasonPhrase(status), status, detail, http.TraceIdentifier);
}
