namespace Microsoft.Azure.Functions.Worker.Middleware;

/// <summary>Stands around the invocation of functions.</summary>
public interface IFunctionsWorkerMiddleware
{
    Task Invoke(FunctionContext context, FunctionExecutionDelegate next);
}
