using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Scalar.AspNetCore;

namespace RagFunctions.Api.OpenApi;

/// <summary>
/// The API's description and a page to read and try it. Open to everybody, as a browser sends no key with an address and neither tells
/// anything of any cabinet; <c>Api:Docs=false</c> switches both off.
/// </summary>
public sealed class DocsPages(IOptions<ApiKeysOptions> options, [FromKeyedServices(DocsPages.Endpoints)] LibraryEndpoints page)
{
    /// <summary>The name of the page's endpoints among the services.</summary>
    public const string Endpoints = "docs";

    private const string Address = "/docs";

    // Whatever the page's script would like to load, it comes from here or not at all.
    private const string OnlyFromHere =
        "default-src 'self'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        + "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

    private static readonly Lazy<byte[]> Document = new(() => ApiJson.Bytes(ApiDocument.Make(HealthApi.Version)));

    /// <summary>The description, OpenAPI 3.1.</summary>
    [Function(nameof(OpenApi))]
    public IResult OpenApi([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "openapi.json")] HttpRequest request) =>
        options.Value.Docs ? Results.Bytes(Document.Value, "application/json") : SwitchedOff(request);

    /// <summary>The page, and what it loads.</summary>
    [Function(nameof(Docs))]
    public async Task<IResult> Docs([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "docs/{*asset}")] HttpRequest request)
    {
        if (!options.Value.Docs)
        {
            return SwitchedOff(request);
        }

        request.HttpContext.Response.Headers.ContentSecurityPolicy = OnlyFromHere;
        return await page.TryAnswerAsync(request.HttpContext)
            ? Results.Empty
            : Problem.Of(request, StatusCodes.Status404NotFound, "The page has no such part.");
    }

    /// <summary>The page as its library maps it.</summary>
    internal static void Map(IEndpointRouteBuilder routes) => routes.MapScalarApiReference(Address, page => page
        .WithTitle("RagFunctions")
        .WithOpenApiRoutePattern("/openapi.json")
        .DisableDefaultFonts()
        .DisableTelemetry()
        .DisableAgent()
        // Both lead to a service of the page's maker.
        .HideClientButton()
        .HideDeveloperTools());

    private static IResult SwitchedOff(HttpRequest request) =>
        Problem.Of(request, StatusCodes.Status404NotFound, "The API's description is switched off (Api:Docs).");
}
