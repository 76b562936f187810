using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Azure.Functions.Worker.Middleware;
using Microsoft.DurableTask.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RagFunctions.LocalHost.Discovery;

namespace RagFunctions.LocalHost.Http;

/// <summary>Serves the HTTP triggers through the app's middleware, as the ASP.NET Core integration of the worker does.</summary>
internal sealed class HttpFunctions(FunctionCatalog catalog, ILogger<HttpFunctions> logger)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        foreach (var function in catalog.All.Where(function => function.Kind == FunctionKind.Http))
        {
            var trigger = function.Http!;
            var route = "/" + (trigger.Route ?? function.Name);
            RequestDelegate serve = http => ServeAsync(function, http);
            _ = trigger.Methods is { Length: > 0 } methods
                ? routes.MapMethods(route, methods.Select(method => method.ToUpperInvariant()), serve)
                : routes.Map(route, serve);
        }
    }

    private static object? Bind(Function function, ParameterInfo parameter, HttpContext http) =>
        // A value that does not convert is an exception, and so a 500, as there.
        parameter == function.Trigger ? http.Request
            : parameter.ParameterType == typeof(DurableTaskClient) ? http.RequestServices.GetRequiredService<DurableTaskClient>()
            : Convert.ChangeType(http.GetRouteValue(parameter.Name!), parameter.ParameterType, CultureInfo.InvariantCulture);

    private static Task ExecuteAsync(object? result, HttpContext http) => result switch
    {
        // The response is written already, or it is a 200 without a body.
        null => Task.CompletedTask,
        IResult answer => answer.ExecuteAsync(http),
        IActionResult answer => answer.ExecuteResultAsync(new ActionContext(http, http.GetRouteData(), new())),
        _ => throw new NotSupportedException($"An HTTP function returned a {result.GetType().Name}, neither IResult nor IActionResult."),
    };

    /// <summary>An exception that nothing has caught is a 500 without a body.</summary>
    private async Task ServeAsync(Function function, HttpContext http)
    {
        try
        {
            var context = new LocalFunctionContext(function, http.RequestServices, http.RequestAborted);
            context.Items[FunctionContextExtensions.HttpContextItem] = http;
            object? result = null;
            FunctionExecutionDelegate invoke = async invocation =>
                result = await function.ResultAsync(function.Call(invocation, parameter => Bind(function, parameter, http)));
            foreach (var middleware in http.RequestServices.GetServices<IFunctionsWorkerMiddleware>().Reverse())
            {
                var next = invoke;
                invoke = invocation => middleware.Invoke(invocation, next);
            }

            await invoke(context);
            await ExecuteAsync(result, http);
        }
        catch (Exception exception) when (!http.RequestAborted.IsCancellationRequested)
        {
            HostLog.HttpFunctionFailed(logger, function.Name, exception);
            if (!http.Response.HasStarted)
            {
                http.Response.Clear();
                http.Response.StatusCode = StatusCodes.Status500InternalServerError;
            }
        }
    }
}
