using System.Text.Json.Nodes;
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

    internal static readonly ApiRoute McpRoute = new(RouteKey.Any)
    {
        Methods = ["post"],
        Body = new McpMessage
        {
            IsReadByLibrary = true,
            Examples = new Dictionary<string, JsonObject>
            {
                ["Which tools there are, and what they take"] = Message("tools/list", []),
                ["A search"] = Message("tools/call", new JsonObject
                {
                    ["name"] = "search",
                    ["arguments"] = new JsonObject { ["query"] = "маломерит, какой размер брать", ["cabinet"] = 1, ["limit"] = 3 },
                }),
            },
        },
        Answers =
        [
            new ApiAnswer(
                200, "The protocol's answer as one event; what a tool refuses stands in it. The call must accept both application/json and text/event-stream.", typeof(string),
                "event: message\ndata: {\"result\":{\"tools\":[]},\"id\":1,\"jsonrpc\":\"2.0\"}\n\n") { MediaType = "text/event-stream" },
        ],
    };

    /// <summary>A message of the Model Context Protocol: the tools search and index_status, which read the cabinets that the key opens.</summary>
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

    private static JsonObject Message(string method, JsonObject parameters) =>
        new() { ["jsonrpc"] = "2.0", ["id"] = 1, ["method"] = method, ["params"] = parameters };

    /// <summary>A call of JSON-RPC.</summary>
    private sealed class McpMessage : ApiBody
    {
        public override JsonObject Schema => new()
        {
            ["type"] = "object",
            ["required"] = new JsonArray("jsonrpc", "method"),
            ["properties"] = new JsonObject
            {
                ["jsonrpc"] = new JsonObject { ["const"] = "2.0", ["description"] = "The version of JSON-RPC." },
                ["id"] = new JsonObject { ["type"] = new JsonArray("string", "integer"), ["description"] = "Stands in the answer. Without it the message is a notification, which is answered by 202." },
                ["method"] = new JsonObject { ["type"] = "string", ["description"] = "initialize, tools/list, tools/call and the protocol's others." },
                ["params"] = new JsonObject { ["type"] = "object", ["description"] = "What the method takes; for tools/call the tool's name and arguments, described by tools/list." },
            },
        };
    }
}
