using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.Extensions.Logging;
using RagFunctions.Api.OpenApi;
using RagFunctions.Core.Databases;
using RagFunctions.Dashboard;

namespace RagFunctions.Api;

/// <summary>
/// Stands before every HTTP function: correlation id, key, and a problem instead of an exception. Only for HTTP triggers:
/// awaiting anything here would fail every orchestrator.
/// </summary>
public sealed partial class ApiGate(ApiKeyRing keys, KeyRefusals refusals, ILogger<ApiGate> logger) : IFunctionsWorkerMiddleware
{
    private static readonly Func<ILogger, string, IDisposable?> CorrelationScope = LoggerMessage.DefineScope<string>("{CorrelationId}");

    // They tell nothing of any cabinet.
    private static readonly HashSet<string> Open =
    [
        nameof(HealthApi.Health), nameof(DocsPages.OpenApi), nameof(DocsPages.Docs), nameof(DashboardPages.Dashboard), nameof(DashboardPages.DashboardFile),
    ];

    /// <summary>The header with the caller's key.</summary>
    public const string KeyHeader = "X-API-KEY";

    /// <summary>The header with the id that ties answers to log lines; the caller's own is kept where it is a plain word.</summary>
    public const string CorrelationHeader = "X-Correlation-ID";

    /// <inheritdoc />
    public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
    {
        // Without a request a check of the kind "none, so go on" would let every call through.
        var http = context.GetHttpContext()
            ?? throw new InvalidOperationException("An HTTP trigger without a request: ApiGate must be registered after ConfigureFunctionsWebApplication.");
        http.TraceIdentifier = CorrelationOf(http.Request);
        http.Response.Headers[CorrelationHeader] = http.TraceIdentifier;
        using var scope = CorrelationScope(logger, http.TraceIdentifier);
        try
        {
            if (!Open.Contains(context.FunctionDefinition.Name) && !TryEnter(http))
            {
                if (http.Request.Headers.ContainsKey(KeyHeader))
                {
                    await refusals.HoldAsync(http);
                }

                await Problem.WriteAsync(
                    http, StatusCodes.Status403Forbidden, keys.IsEmpty ? "No API key is configured." : $"{KeyHeader} is missing or wrong.");
                return;
            }

            await next(context);
        }
        catch (Exception exception) when (!http.RequestAborted.IsCancellationRequested && !http.Response.HasStarted)
        {
            if (exception is BadHttpRequestException unread)
            {
                // The server's own limits: a body that is too long, or that comes too slowly.
                await Problem.WriteAsync(http, unread.StatusCode, "The request could not be read to its end.");
                return;
            }

            Failed(context.FunctionDefinition.Name, exception);
            var outage = DatabaseOutage.Is(exception);
            await Problem.WriteAsync(
                http,
                outage ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status500InternalServerError,
                outage ? "A database does not answer, or takes no changes now; try again." : "Something went wrong; the correlation id leads to the log.");
        }
    }

    private static string CorrelationOf(HttpRequest request) =>
        request.Headers[CorrelationHeader] is [{ } given] && PlainWord().IsMatch(given) ? given : Guid.NewGuid().ToString("N");

    [GeneratedRegex(@"\A[A-Za-z0-9._-]{1,64}\z")]
    private static partial Regex PlainWord();

    private bool TryEnter(HttpContext http)
    {
        if (http.Request.Headers[KeyHeader] is not [{ } given] || keys.Find(given) is not { } caller)
        {
            return false;
        }

        caller.Enter(http);
        return true;
    }

    [LoggerMessage(6000, LogLevel.Error, "{Function} failed")]
    private partial void Failed(string function, Exception exception);
}
