using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;

namespace RagFunctions.Api;

/// <summary>The body of an answer that is an error: RFC 9457, plus the correlation id. Never an exception's text.</summary>
public sealed record Problem(string Type, string Title, int Status, string Detail, string CorrelationId)
{
    private const string ContentType = "application/problem+json";

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

    private static Problem For(HttpContext http, int status, string detail) =>
        new("about:blank", ReasonPhrases.GetReasonPhrase(status), status, detail, http.TraceIdentifier);
}
