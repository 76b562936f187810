using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;
using RagFunctions.Api;

namespace RagFunctions.Dashboard;

/// <summary>Whether the operators' page is served.</summary>
public sealed class DashboardOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "Dashboard";

    /// <summary>False: its addresses answer 404. It shows nothing without a key either way.</summary>
    public bool Enabled { get; set; } = true;
}

/// <summary>
/// The operators' page: files that are part of this assembly and the same for everybody. What it shows comes from the HTTP API, with the
/// viewer's key.
/// </summary>
public sealed class DashboardPages(IOptions<DashboardOptions> options)
{
    // No script and no style but those of this address, nothing in the page itself, and no text that becomes markup.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; "
        + "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

    private const string FirstPage = "index.html";
    private const string Prefix = "Dashboard/";

    private static readonly Dictionary<string, string> Types = new()
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    };

    private static readonly Dictionary<string, PageFile> Files = typeof(DashboardPages).Assembly.GetManifestResourceNames()
        .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
        .ToDictionary(name => name[Prefix.Length..], Read);

    /// <summary>The page. Open: it asks for the key itself.</summary>
    [Function(nameof(Dashboard))]
    public IResult Dashboard([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "dashboard")] HttpRequest request) =>
        Answer(request, FirstPage);

    /// <summary>A style or script of the page.</summary>
    [Function(nameof(DashboardFile))]
    public IResult DashboardFile([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "dashboard/{file}")] HttpRequest request, string file) =>
        Answer(request, file);

    private IResult Answer(HttpRequest request, string name)
    {
        if (!options.Value.Enabled || !Files.TryGetValue(name, out var file))
        {
            return Problem.Of(request, StatusCodes.Status404NotFound, "There is no such page.");
        }

        var headers = request.HttpContext.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        // Asked for each time, so that a page and its scripts are always of one version; answered by a 304 as long as they are.
        headers.CacheControl = "no-cache";
        return Results.Bytes(file.Content, file.Type, entityTag: file.Tag);
    }

    private static PageFile Read(string resource)
    {
        using var stream = typeof(DashboardPages).Assembly.GetManifestResourceStream(resource)!;
        var content = new byte[stream.Length];
        stream.ReadExactly(content);
        return new PageFile(content, Types[Path.GetExtension(resource)], new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..32]}\""));
    }

    private sealed record PageFile(byte[] Content, string Type, EntityTagHeaderValue Tag);
}
