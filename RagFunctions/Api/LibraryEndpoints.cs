using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Template;

namespace RagFunctions.Api;

/// <summary>
/// Endpoints that a library maps, called from a function. In the Functions worker every request ends at a function, so what a library would
/// put beside it in the router is kept here, and the function hands its request on. One for the app, as a function's class is made for each call.
/// </summary>
public sealed class LibraryEndpoints : IEndpointRouteBuilder
{
    private readonly Lazy<IReadOnlyList<Entry>> _entries;

    /// <param name="services">The app's services.</param>
    /// <param name="map">Maps what the library offers.</param>
    public LibraryEndpoints(IServiceProvider services, Action<IEndpointRouteBuilder> map)
    {
        ServiceProvider = services;
        _entries = new(() =>
        {
            map(this);
            return [.. DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>().OrderBy(endpoint => endpoint.RoutePattern.InboundPrecedence).Select(Entry.Of)];
        });
    }

    /// <inheritdoc />
    public IServiceProvider ServiceProvider { get; }

    /// <inheritdoc />
    public ICollection<EndpointDataSource> DataSources { get; } = [];

    /// <inheritdoc />
    public IApplicationBuilder CreateApplicationBuilder() => new ApplicationBuilder(ServiceProvider);

    /// <summary>Lets the library answer; false where it has nothing at this address and for this method.</summary>
    public async Task<bool> TryAnswerAsync(HttpContext http)
    {
        foreach (var entry in _entries.Value)
        {
            var values = new RouteValueDictionary();
            if (entry.Takes(http.Request, values))
            {
                http.Request.RouteValues = values;
                http.SetEndpoint(entry.Endpoint);
                await entry.Endpoint.RequestDelegate!(http);
                return true;
            }
        }

        return false;
    }

    private sealed record Entry(RouteEndpoint Endpoint, TemplateMatcher Matcher, IReadOnlyList<string> Methods)
    {
        public static Entry Of(RouteEndpoint endpoint) => new(
            endpoint,
            new TemplateMatcher(new RouteTemplate(endpoint.RoutePattern), new RouteValueDictionary(endpoint.RoutePattern.Defaults)),
            endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? []);

        public bool Takes(HttpRequest request, RouteValueDictionary values) =>
            (Methods.Count == 0 || Methods.Contains(request.Method, StringComparer.OrdinalIgnoreCase)) && Matcher.TryMatch(request.Path, values);
    }
}
