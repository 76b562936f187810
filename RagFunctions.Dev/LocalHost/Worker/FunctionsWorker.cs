using System.Diagnostics;
using System.Net;
using System.Reflection;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace RagFunctions.Dev.LocalHost.Worker;

/// <summary>The app's own worker, built as on Azure but inside this process, and the functions that it offers.</summary>
internal sealed class FunctionsWorker : IAsyncDisposable
{
    private const string ApplicationDirectory = "FUNCTIONS_APPLICATION_DIRECTORY";

    // The entry assembly, by which the worker finds its functions, is one for the whole process.
    private static readonly Lock EntryAssembly = new();

    private readonly TaskCompletionSource<string> _clientBinding = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, LocalFunction> _functions = new(StringComparer.OrdinalIgnoreCase);
    private readonly WorkerChannel _channel;
    private readonly WebApplication _rpc;
    private IHost? _app;
    private bool _isStarted;

    private FunctionsWorker(ILoggerFactory loggers)
    {
        _channel = new WorkerChannel(loggers);
        var builder = LoopbackServer.CreateBuilder(0, HttpProtocols.Http2, loggers);
        builder.Services.AddSingleton(_channel).AddGrpc(grpc => (grpc.MaxReceiveMessageSize, grpc.MaxSendMessageSize) = (null, null));
        _rpc = builder.Build();
        _rpc.MapGrpcService<WorkerChannel>();
    }

    /// <summary>The app's services.</summary>
    public IServiceProvider Services => _app!.Services;

    /// <summary>The functions by name, whatever the case.</summary>
    public IReadOnlyDictionary<string, LocalFunction> Functions => _functions;

    /// <summary>Where the worker serves its HTTP triggers.</summary>
    public string HttpAddress => Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    /// <summary>Starts the app. What its start refuses (options, the embedder) is thrown as it is.</summary>
    /// <param name="settings">The app's settings.</param>
    /// <param name="replace">Registers last, so that it may replace any service.</param>
    /// <param name="loggers">Takes what the app logs.</param>
    public static async Task<FunctionsWorker> StartAsync(
        IConfiguration settings, Action<IServiceCollection>? replace, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var worker = new FunctionsWorker(loggers);
        try
        {
            await worker._rpc.StartAsync(cancellationToken);
            worker._app = Build(settings, worker._rpc.Urls.First(), replace);
            await worker._app.StartAsync(cancellationToken);
            worker._isStarted = true;
            await worker._channel.Started.WaitAsync(cancellationToken);
            await worker.LoadFunctionsAsync();
            return worker;
        }
        catch
        {
            await worker.DisposeAsync();
            throw;
        }
    }

    /// <summary>From now on functions that bind a Durable client are given this one; until now they wait.</summary>
    public void SetClientBinding(string json) => _clientBinding.TrySetResult(json);

    /// <summary>Runs a function to its end.</summary>
    /// <param name="function">One of <see cref="Functions"/>.</param>
    /// <param name="input">What its trigger carries.</param>
    /// <param name="cancellationToken">Asks the function to stop; its answer is waited for all the same.</param>
    /// <param name="invocationId">Also stands in the forwarded request of an HTTP trigger.</param>
    /// <param name="routeValues">Of an HTTP trigger.</param>
    public async Task<InvocationResponse> InvokeAsync(
        LocalFunction function, TypedData input, CancellationToken cancellationToken,
        string? invocationId = null, IEnumerable<KeyValuePair<string, object?>>? routeValues = null)
    {
        var request = new InvocationRequest
        {
            InvocationId = invocationId ?? Guid.NewGuid().ToString(),
            FunctionId = function.Metadata.FunctionId,
            TraceContext = new RpcTraceContext { TraceParent = Activity.Current?.Id ?? "", TraceState = Activity.Current?.TraceStateString ?? "" },
        };
        foreach (var (name, binding) in function.Metadata.Bindings)
        {
            if (name == function.TriggerName)
            {
                request.InputData.Add(new ParameterBinding { Name = name, Data = input });
            }
            else if (binding.Type == "durableClient")
            {
                request.InputData.Add(new ParameterBinding { Name = name, Data = new TypedData { String = await _clientBinding.Task.WaitAsync(cancellationToken) } });
            }
        }

        foreach (var (name, value) in routeValues ?? [])
        {
            request.TriggerMetadata[name] = new TypedData { String = value?.ToString() ?? "" };
        }

        return await _channel.InvokeAsync(request, cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (_isStarted)
        {
            await _app!.StopAsync(CancellationToken.None);
        }

        _app?.Dispose();

        await _rpc.DisposeAsync();
        _channel.Dispose();
    }

    private static IHost Build(IConfiguration settings, string rpcAddress, Action<IServiceCollection>? replace)
    {
        if (Environment.GetEnvironmentVariable(ApplicationDirectory) is null)
        {
            Environment.SetEnvironmentVariable(ApplicationDirectory, AppContext.BaseDirectory);
        }

        // What Functions' host gives a worker process on its command line.
        var all = new ConfigurationBuilder().AddConfiguration(settings).AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Functions:Worker:HostEndpoint"] = rpcAddress,
            ["Functions:Worker:WorkerId"] = Guid.NewGuid().ToString(),
            ["Functions:Worker:RequestId"] = Guid.NewGuid().ToString(),
            ["Functions:Worker:GrpcMaxMessageLength"] = $"{int.MaxValue}",
        }).Build();
        lock (EntryAssembly)
        {
            var own = Assembly.GetEntryAssembly();
            Assembly.SetEntryAssembly(typeof(RagFunctionsApplication).Assembly);
            try
            {
                var builder = RagFunctionsApplication.CreateBuilder([], all);
                // The worker's own choice of a port is one for the whole process.
                builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
                LoopbackServer.LeaveSignalsAlone(builder.Services);
                replace?.Invoke(builder.Services);
                return builder.Build();
            }
            finally
            {
                Assembly.SetEntryAssembly(own);
            }
        }
    }

    private async Task LoadFunctionsAsync()
    {
        var directory = Environment.GetEnvironmentVariable(ApplicationDirectory)!;
        var begun = await _channel.CallAsync(new StreamingMessage
        {
            WorkerInitRequest = new WorkerInitRequest { HostVersion = "4.0.0", WorkerDirectory = directory, FunctionAppDirectory = directory },
        });
        ThrowIfFailed(begun.WorkerInitResponse.Result, "The worker");
        var listed = await _channel.CallAsync(new StreamingMessage { FunctionsMetadataRequest = new FunctionsMetadataRequest { FunctionAppDirectory = directory } });
        ThrowIfFailed(listed.FunctionMetadataResponse.Result, "The list of functions");
        foreach (var metadata in listed.FunctionMetadataResponse.FunctionMetadataResults)
        {
            var function = LocalFunction.Of(metadata);
            var loaded = await _channel.CallAsync(new StreamingMessage
            {
                FunctionLoadRequest = new FunctionLoadRequest { FunctionId = metadata.FunctionId, Metadata = metadata },
            });
            ThrowIfFailed(loaded.FunctionLoadResponse.Result, $"Function '{metadata.Name}'");
            _functions.Add(metadata.Name, function);
        }
    }

    private static void ThrowIfFailed(StatusResult? result, string what)
    {
        if (result is { Status: not StatusResult.Types.Status.Success })
        {
            throw new InvalidOperationException($"{what} cannot be loaded: {result.Exception?.Message}");
        }
    }
}

/// <summary>A function of the app, as its generated metadata describe it.</summary>
/// <param name="Metadata">What the worker calls it by, and its bindings.</param>
/// <param name="TriggerName">The parameter that the trigger fills.</param>
/// <param name="Trigger">The trigger's settings: route, methods, schedule.</param>
internal sealed record LocalFunction(RpcFunctionMetadata Metadata, string TriggerName, JsonObject Trigger)
{
    public string Name => Metadata.Name;

    /// <summary><c>httpTrigger</c>, <c>timerTrigger</c>, <c>orchestrationTrigger</c> or <c>activityTrigger</c>.</summary>
    public string TriggerType => (string)Trigger["type"]!;

    /// <summary>Reads the bindings, and fills them in where the worker leaves that to the host.</summary>
    public static LocalFunction Of(RpcFunctionMetadata metadata)
    {
        JsonObject? trigger = null;
        foreach (var binding in metadata.RawBindings.Select(raw => JsonNode.Parse(raw)!.AsObject()))
        {
            var type = (string)binding["type"]!;
            metadata.Bindings[(string)binding["name"]!] = new BindingInfo
            {
                Type = type,
                Direction = Enum.Parse<BindingInfo.Types.Direction>((string)binding["direction"]!, ignoreCase: true),
            };
            trigger = type.EndsWith("Trigger", StringComparison.Ordinal) ? binding : trigger;
        }

        return trigger is null
            ? throw new InvalidOperationException($"Function '{metadata.Name}' has no trigger.")
            : new LocalFunction(metadata, (string)trigger["name"]!, trigger);
    }
}
