using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;

namespace RagFunctions.Tests.LocalHost;

/// <summary>HTTP functions that the tests of the local host call.</summary>
public sealed class HttpSamples
{
    public static void AddMiddleware(IServiceCollection services)
    {
        services.AddSingleton<IFunctionsWorkerMiddleware, Outer>();
        services.AddSingleton<IFunctionsWorkerMiddleware, Inner>();
    }

    [Function(nameof(Hello))]
    public static IResult Hello(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "hello/{name}")] HttpRequest request, string name) =>
        Results.Text($"{request.Method} {name} {request.Query["q"]}");

    [Function(nameof(Action))]
    public static IActionResult Action([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "action/{count}")] HttpRequest request, long count) =>
        new ObjectResult(new { count }) { StatusCode = StatusCodes.Status201Created };

    [Function(nameof(Nothing))]
    public static IResult? Nothing([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "nothing")] HttpRequest request) => null;

    [Function(nameof(Throws))]
    public static IResult Throws([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "throws")] HttpRequest request) =>
        throw new InvalidOperationException("secret");

    [Function(nameof(Urls))]
    public static IResult Urls(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "urls/{id}")] HttpRequest request,
        string id,
        [DurableClient] DurableTaskClient client) =>
        Results.Json(client.CreateHttpManagementPayload(id));

    private sealed class Outer : IFunctionsWorkerMiddleware
    {
        public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
        {
            context.GetHttpContext()!.Response.Headers["x-outer"] = context.FunctionDefinition.Name;
            await next(context);
        }
    }

    private sealed class Inner : IFunctionsWorkerMiddleware
    {
        public async Task Invoke(FunctionContext context, FunctionExecutionDelegate next)
        {
            var http = context.GetHttpContext()!;
            if (http.Request.Headers.ContainsKey("x-stop"))
            {
                http.Response.StatusCode = StatusCodes.Status403Forbidden;
                await http.Response.WriteAsync("stopped after " + http.Response.Headers["x-outer"]);
                return;
            }

            await next(context);
        }
    }
}
