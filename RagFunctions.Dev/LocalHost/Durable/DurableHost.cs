using System.Reflection;
using System.Reflection.Emit;
using Microsoft.Azure.WebJobs;
using Microsoft.Azure.WebJobs.Extensions.DurableTask;
using Microsoft.Azure.WebJobs.Host.Config;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Newtonsoft.Json.Linq;
using RagFunctions.Dev.LocalHost.Worker;

namespace RagFunctions.Dev.LocalHost.Durable;

/// <summary>
/// Durable's half on the host's side: Microsoft's extension in a WebJobs host, as inside Functions' host, with the settings of
/// host.json. Orchestrations and activities are called at the worker.
/// </summary>
internal sealed class DurableHost : IAsyncDisposable
{
    // Where the extension looks for what host.json calls extensions:durableTask.
    private const string Section = "AzureWebJobs:extensions:durableTask";
    private const string ClientFunction = "GetClient";

    private readonly FunctionsWorker _worker;
    private readonly bool _chaos;
    private readonly IHost _host;
    private int _activities;
    private int _atWork;

    private DurableHost(FunctionsWorker worker, LocalHostOptions options, IConfiguration settings, Uri webhooks, ILoggerFactory loggers)
    {
        _worker = worker;
        _chaos = options.Chaos;
        var functions = DefineFunctions();
        _host = new HostBuilder()
            .ConfigureWebJobs(web =>
            {
                web.AddDurableTask();
                if (options.Storage.Length == 0)
                {
                    web.Services.AddSingleton<IDurabilityProviderFactory, MemoryStore.Factory>();
                }
            })
            .ConfigureAppConfiguration(all => all.AddInMemoryCollection(SettingsOf(settings, options.Storage, webhooks.Port)))
            .ConfigureServices(services =>
            {
                services.Replace(ServiceDescriptor.Singleton(loggers));
                services.Replace(ServiceDescriptor.Singleton<ITypeLocator>(new FunctionTypes(functions)));
#pragma warning disable CS0618 // "Not ready for public consumption", and the one way in which a host tells the extension its address.
                services.AddSingleton<IWebHookProvider>(new WebHooks(webhooks));
#pragma warning restore CS0618
                LoopbackServer.LeaveSignalsAlone(services);
            })
            .Build();
    }

    /// <summary>Starts it. From then on the worker's functions have a client, and what the store holds goes on.</summary>
    /// <param name="worker">The app.</param>
    /// <param name="options">Where orchestrations are kept; chaos.</param>
    /// <param name="settings">The app's settings.</param>
    /// <param name="webhooks">The address of the management API, with its key.</param>
    /// <param name="loggers">Takes what the extension logs.</param>
    public static async Task<DurableHost> StartAsync(
        FunctionsWorker worker, LocalHostOptions options, IConfiguration settings, Uri webhooks, ILoggerFactory loggers, CancellationToken cancellationToken)
    {
        var durable = new DurableHost(worker, options, settings, webhooks, loggers);
        try
        {
            await durable._host.StartAsync(cancellationToken);
            await durable._host.Services.GetRequiredService<IJobHost>().CallAsync(ClientFunction, cancellationToken: cancellationToken);
            return durable;
        }
        catch
        {
            durable._host.Dispose();
            throw;
        }
    }

    /// <summary>Activities that have begun and not ended.</summary>
    public int ActivitiesAtWork => Volatile.Read(ref _atWork);

    /// <summary>A call of the extension's own management API.</summary>
    public Task<HttpResponseMessage> ManageAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var extension = _host.Services.GetServices<IExtensionConfigProvider>().OfType<DurableTaskExtension>().Single();
        return ((IAsyncConverter<HttpRequestMessage, HttpResponseMessage>)extension).ConvertAsync(request, cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _host.StopAsync(CancellationToken.None);
        _host.Dispose();
    }

    private static Dictionary<string, string?> SettingsOf(IConfiguration settings, string storage, int port)
    {
        var hostFile = new ConfigurationBuilder().AddJsonFile(Path.Combine(AppContext.BaseDirectory, "host.json")).Build();
        var all = hostFile.GetSection("extensions:durableTask").AsEnumerable(makePathsRelative: true).Where(pair => pair.Value is not null)
            .ToDictionary(pair => $"{Section}:{pair.Key}", pair => pair.Value);
        all["TaskHubName"] = settings["TaskHubName"];
        all["AzureWebJobsStorage"] = storage;
        all["FUNCTIONS_WORKER_RUNTIME"] = "dotnet-isolated";
        // A container of the Functions service has it; the extension would then log for that service.
        all["CONTAINER_NAME"] = "";

        // By these two a worker owns its partitions of a hub: apart from another one on this machine, and the same after a restart.
        all["WEBSITE_CURRENT_STAMPNAME"] = Environment.MachineName;
        all["RoleInstanceId"] = $"{port}";

        // The extension would ask for Application Insights; here the spans of the app are what there is.
        all[$"{Section}:tracing:distributedTracingEnabled"] = "true";
        all[$"{Section}:tracing:version"] = "None";
        if (storage.Length == 0)
        {
            all[$"{Section}:storageProvider:type"] = MemoryStore.Name;
        }

        return all;
    }

    /// <summary>
    /// The extension finds functions as methods with attributes: one static method for each function of the worker that Durable triggers.
    /// Functions' host makes such methods likewise.
    /// </summary>
    private Type DefineFunctions()
    {
        var type = AssemblyBuilder.DefineDynamicAssembly(new AssemblyName("DurableFunctions"), AssemblyBuilderAccess.RunAndCollect)
            .DefineDynamicModule("DurableFunctions").DefineType("DurableFunctions", TypeAttributes.Public | TypeAttributes.Class);
        var orchestrate = Field<Func<string, string?, Task<object?>>>(type, nameof(OrchestrateAsync));
        var act = Field<Func<string, string?, Task<object?>>>(type, nameof(ActAsync));
        var client = Field<Func<string, string, Task>>(type, ClientFunction);
        foreach (var function in _worker.Functions.Values)
        {
            switch (function.TriggerType)
            {
                case "orchestrationTrigger":
                    DefineMethod(type, function.Name, typeof(OrchestrationTriggerAttribute), orchestrate);
                    break;
                case "activityTrigger":
                    DefineMethod(type, function.Name, typeof(ActivityTriggerAttribute), act);
                    break;
            }
        }

        DefineMethod(type, ClientFunction, typeof(DurableClientAttribute), client)
            .SetCustomAttribute(new CustomAttributeBuilder(typeof(NoAutomaticTriggerAttribute).GetConstructor(Type.EmptyTypes)!, []));
        var made = type.CreateType();
        made.GetField(orchestrate.Name)!.SetValue(null, (Func<string, string?, Task<object?>>)OrchestrateAsync);
        made.GetField(act.Name)!.SetValue(null, (Func<string, string?, Task<object?>>)ActAsync);
        made.GetField(client.Name)!.SetValue(null, (Func<string, string, Task>)((_, json) =>
        {
            _worker.SetClientBinding(json);
            return Task.CompletedTask;
        }));
        return made;
    }

    private static FieldBuilder Field<T>(TypeBuilder type, string name) => type.DefineField(name, typeof(T), FieldAttributes.Public | FieldAttributes.Static);

    private static MethodBuilder DefineMethod(TypeBuilder type, string name, Type trigger, FieldBuilder target)
    {
        var invoke = target.FieldType.GetMethod("Invoke")!;
        var method = type.DefineMethod(name, MethodAttributes.Public | MethodAttributes.Static, invoke.ReturnType, [typeof(string)]);
        method.DefineParameter(1, ParameterAttributes.None, "input")
            .SetCustomAttribute(new CustomAttributeBuilder(trigger.GetConstructor(Type.EmptyTypes)!, []));
        method.SetCustomAttribute(new CustomAttributeBuilder(typeof(FunctionNameAttribute).GetConstructor([typeof(string)])!, [name]));
        var il = method.GetILGenerator();
        il.Emit(OpCodes.Ldsfld, target);
        il.Emit(OpCodes.Ldstr, name);
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(OpCodes.Callvirt, invoke);
        il.Emit(OpCodes.Ret);
        return method;
    }

    private Task<object?> OrchestrateAsync(string name, string? input) => InvokeAsync(name, input);

    private async Task<object?> ActAsync(string name, string? input)
    {
        Interlocked.Increment(ref _atWork);
        try
        {
            return _chaos ? await ActTwiceAsync(name, input) : await InvokeAsync(name, input);
        }
        finally
        {
            Interlocked.Decrement(ref _atWork);
        }
    }

    /// <summary>One after the other as after a lost completion, or side by side as with a message delivered twice.</summary>
    private async Task<object?> ActTwiceAsync(string name, string? input)
    {
        var first = InvokeAsync(name, input);
        if (Interlocked.Increment(ref _activities) % 2 == 0)
        {
            await ((Task)first).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return await InvokeAsync(name, input);
        }

        var second = InvokeAsync(name, input);
        var dropped = await Task.WhenAny(first, second);
        await ((Task)dropped).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return await (dropped == first ? second : first);
    }

    private async Task<object?> InvokeAsync(string name, string? input)
    {
        var answer = await _worker.InvokeAsync(
            _worker.Functions[name], input is null ? new TypedData() : new TypedData { String = input }, CancellationToken.None);
        if (answer.Result.Status != StatusResult.Types.Status.Success)
        {
            // The form in which Functions' host passes a worker's exception on, and in which the extension reads it.
            var failure = $"Result: Failure\nException: {answer.Result.Exception?.Message}\nStack: {answer.Result.Exception?.StackTrace}";
            throw new FunctionFailedException(name, new InvalidOperationException(failure));
        }

        // As objects: a string would become a JToken by the common type of the arms.
        return answer.ReturnValue switch
        {
            { DataCase: TypedData.DataOneofCase.Json } value => (object)JToken.Parse(value.Json),
            { DataCase: TypedData.DataOneofCase.String } value => value.String,
            { DataCase: TypedData.DataOneofCase.Int } value => value.Int,
            { DataCase: TypedData.DataOneofCase.Double } value => value.Double,
            _ => null,
        };
    }

    private sealed class FunctionFailedException(string name, Exception inner) : Exception($"Function '{name}' failed.", inner);

    private sealed class FunctionTypes(Type type) : ITypeLocator
    {
        public IReadOnlyList<Type> GetTypes() => [type];
    }

#pragma warning disable CS0618 // As above.
    private sealed class WebHooks(Uri address) : IWebHookProvider
    {
        public Uri GetUrl(IExtensionConfigProvider extension) => address;
    }
#pragma warning restore CS0618
}
