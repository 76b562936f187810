using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using ModelContextProtocol.AspNetCore;
using RagFunctions.Core.Mcp;

namespace RagFunctions.Api;

/// <summary>
/// The index as tools of an assistant: MCP over streamable HTTP, without sessions, so that any instance answers any call. The key of the
/// call says which cabinets there are.
/// </summary>
public sealed class McpEndpoint([FromKeyedServices(McpEndpoint.Endpoints)] LibraryEndpoints endpoints)
{
    /// <summary>The name of the library's endpoints among the services.</summary>
    public const string Endpoints = "mcp";

    /// <summary>A message of the protocol.</summary>
    [Function(nameof(Mcp))]
    public async Task<IResult> Mcp([HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", "delete", Route = "mcp")] HttpRequest request) =>
        await endpoints.TryAnswerAsync(request.HttpContext)
            ? Results.Empty
            : Problem.Of(request, StatusCodes.Status405MethodNotAllowed, "There are no sessions: POST alone.");

    /// <summary>Registers the server; its tools are bound to the caller of each call.</summary>
    internal static void Add(IServiceCollection services)
    {
        services.AddMcpServer().WithHttpTransport(transport =>
        {
            transport.SessionMode = HttpServerSessionMode.Stateless;
            transport.ConfigureSessionOptions = (http, options, _) =>
            {
                IndexTools.Offer(http.RequestServices, new ToolCaller(ApiCaller.Of(http.Request).Cabinets), options);
                return Task.CompletedTask;
            };
        });
        services.AddKeyedSingleton(Endpoints, (provider, _) => new LibraryEndpoints(provider, routes => routes.MapMcp("/mcp")));
    }
}
