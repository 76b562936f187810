using System.ComponentModel.DataAnnotations;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using RagFunctions.Dev.LocalHost.Durable;
using RagFunctions.Dev.LocalHost.Worker;
using Yarp.ReverseProxy.Forwarder;

namespace RagFunctions.Dev.LocalHost;

/// <summary>
/// Does for the app on this machine what Functions' host does on Azure: HTTP, timers and Durable around the real worker. For development:
/// one process, loopback only.
/// </summary>
public sealed class LocalFunctionsHost : IAsyncDisposable
{
    private const string Webhooks = "/runtime/webhooks/durabletask";

    // On Azure these are app settings; here they hold where nothing else is set.
    private static readonly Dictionary<string, string?> Defaults = new()
    {
        ["SyncSchedule"] = "0 */15 * * * *",
        ["SweepSchedule"] = "0 * * * * *",
        ["WeeklyRebuildSchedule"] = "0 0 3 * * 0",
        ["PurgeHistorySchedule"] = "0 30 2 * * *",
        ["TaskHubName"] = "RagLocal",
    };

    private readonly IConfiguration _settings;
    private readonly LocalHostOptions _options;
    private readonly ILoggerFactory _loggers;
    private readonly HttpMessageInvoker _toWorker = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false });
    private FunctionsWorker? _worker;
    private WebApplication? _front;
    private DurableHost? _durable;
    private TimerService? _timers;

    private LocalFunctionsHost(IConfiguration settings)
    {
        _settings = new ConfigurationBuilder().AddInMemoryCollection(Defaults).AddInMemoryCollection(QuietLevels(settings)).AddConfiguration(settings).Build();
        _options = _settings.GetSection(LocalHostOptions.Section).Get<LocalHostOptions>() ?? new LocalHostOptions();
        Validator.ValidateObject(_options, new ValidationContext(_options), validateAllProperties: true);
        Key = _options.Key.Length > 0 ? _options.Key : Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(24));
        _loggers = LoggerFactory.Create(logging => logging.AddConfiguration(_settings.GetSection("Logging")).AddSimpleConsole(console => console.SingleLine = true));
    }

    /// <summary>Scheme, loopback address and port of the HTTP triggers.</summary>
    public string Address => _front!.Urls.First();

    /// <summary>The key of the management and admin URLs.</summary>
    public string Key { get; }

    /// <summary>The app's services.</summary>
    public IServiceProvider Services => _worker!.Services;

    /// <summary>Activities that have begun and not ended.</summary>
    public int ActivitiesAtWork => _durable!.ActivitiesAtWork;

    /// <summary>Starts the app. Disposing stops it; what the app's own start refuses is thrown as it is.</summary>
    /// <param name="settings">The app's settings, and <c>LocalHost:*</c>.</param>
    /// <param name="replace">Registers last: a stepped clock, databases of a test.</param>
    /// <exception cref="ValidationException">A setting of the local host is out of its range.</exception>
    public static async Task<LocalFunctionsHost> StartAsync(
        IConfiguration settings, Action<IServiceCollection>? replace, CancellationToken cancellationToken)
    {
        var host = new LocalFunctionsHost(settings);
        try
        {
            host._worker = await FunctionsWorker.StartAsync(host._settings, replace, host._loggers, cancellationToken);
            host._front = host.BuildFront();
            await host._front.StartAsync(cancellationToken);
            var webhooks = new Uri($"{host.Address}{Webhooks}?code={Uri.EscapeDataString(host.Key)}");
            host._durable = await DurableHost.StartAsync(host._worker, host._options, host._settings, webhooks, host._loggers, cancellationToken);
            host._timers = new TimerService(
                host._worker.Functions.Values, (function, input, stop) => host._worker.InvokeAsync(function, input, stop), host._settings, host.Services.GetRequiredService<TimeProvider>(), host._loggers.CreateLogger<TimerService>());
            HostLog.Listening(
                host._loggers.CreateLogger<LocalFunctionsHost>(), host.Address, host._options.Storage.Length > 0 ? "in Azure Storage" : "in memory");
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        foreach (var part in (IAsyncDisposable?[])[_timers, _durable, _front, _worker])
        {
            if (part is not null)
            {
                await part.DisposeAsync();
            }
        }

        _toWorker.Dispose();
        _loggers.Dispose();
    }

    /// <summary>The parts of a host tell of themselves at every call: below a warning only where a setting asks for it.</summary>
    private static Dictionary<string, string?> QuietLevels(IConfiguration settings)
    {
        var level = Enum.TryParse<LogLevel>(settings["Logging:LogLevel:Default"], out var given) && given > LogLevel.Warning ? given : LogLevel.Warning;
        string[] parts = ["Microsoft", "DurableTask", "Host", "Function", "Grpc", "Yarp", "System"];

        // The address that the app is given on Azure, keys of a feature that it does not use, and what a start finds in the storage already.
        string[] noise = ["Microsoft.AspNetCore.Server.Kestrel", "Microsoft.AspNetCore.DataProtection", "Azure.Core"];
        return parts.Concat(noise).ToDictionary(
            part => $"Logging:LogLevel:{part}", part => (string?)(noise.Contains(part) && level < LogLevel.Error ? LogLevel.Error : level).ToString());
    }

    private WebApplication BuildFront()
    {
        var builder = LoopbackServer.CreateBuilder(_options.Port, HttpProtocols.Http1, _loggers);
        builder.Services.AddHttpForwarder();
        builder.Services.AddRouting();
        var front = builder.Build();
        foreach (var function in _worker!.Functions.Values.Where(function => function.TriggerType == "httpTrigger"))
        {
            var methods = function.Trigger["methods"]!.AsArray().Select(method => method!.ToString().ToUpperInvariant());
            front.MapMethods($"/{(string?)function.Trigger["route"] ?? function.Name}", methods, (HttpContext http, IHttpForwarder forwarder) =>
                ForwardAsync(function, http, forwarder));
        }

        var guarded = front.MapGroup("").AddEndpointFilter(async (context, next) =>
            IsAllowed(context.HttpContext.Request) ? await next(context) : Results.StatusCode(StatusCodes.Status401Unauthorized));
        guarded.Map($"{Webhooks}/{{**rest}}", ManageAsync);
        guarded.MapPost("/admin/functions/{name}", (string name) =>
            Results.StatusCode(_timers!.TryRunNow(name) ? StatusCodes.Status202Accepted : StatusCodes.Status404NotFound));
        return front;
    }

    /// <summary>The request goes to the worker's own server, the invocation on the stream; the worker brings both together.</summary>
    private async Task ForwardAsync(LocalFunction function, HttpContext http, IHttpForwarder forwarder)
    {
        var invocation = Guid.NewGuid().ToString();
        http.Request.Headers["x-ms-invocation-id"] = invocation;
        var forwarding = forwarder.SendAsync(http, _worker!.HttpAddress, _toWorker).AsTask();
        var answer = await _worker.InvokeAsync(
            function, new TypedData { Http = new RpcHttp { Method = http.Request.Method, Url = http.Request.GetDisplayUrl() } },
            http.RequestAborted, invocation, http.Request.RouteValues);
        var forwarded = await forwarding == ForwarderError.None && answer.Result.Status == StatusResult.Types.Status.Success;
        if (!forwarded && !http.Response.HasStarted)
        {
            http.Response.Clear();
            http.Response.StatusCode = StatusOf(http.Features.Get<IForwarderErrorFeature>()?.Exception);
        }
    }

    /// <summary>A body that could not be read to its end is its sender's fault, in this server's words; anything else is the app's.</summary>
    private static int StatusOf(Exception? error) => error switch
    {
        Microsoft.AspNetCore.Http.BadHttpRequestException unread => unread.StatusCode,
        AggregateException several => several.InnerExceptions.Select(StatusOf).Min(),
        { InnerException: { } inner } => StatusOf(inner),
        _ => StatusCodes.Status500InternalServerError,
    };

    private async Task ManageAsync(HttpContext http)
    {
        using var request = new HttpRequestMessage(new HttpMethod(http.Request.Method), http.Request.GetEncodedUrl());
        foreach (var (name, values) in http.Request.Headers)
        {
            request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
        }

        request.Content = new StreamContent(http.Request.Body);
        request.Content.Headers.TryAddWithoutValidation("Content-Type", http.Request.ContentType);
        using var answer = await _durable!.ManageAsync(request, http.RequestAborted);
        http.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
        {
            http.Response.Headers[name] = values.ToArray();
        }

        await answer.Content.CopyToAsync(http.Response.Body, http.RequestAborted);
    }

    private bool IsAllowed(HttpRequest request)
    {
        var given = request.Headers["x-functions-key"].FirstOrDefault() ?? request.Query["code"].FirstOrDefault() ?? "";

        // Hashes are of one length, so that the comparison tells nothing of the key.
        return CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given)), SHA256.HashData(Encoding.UTF8.GetBytes(Key)));
    }
}

/// <summary>Settings of the local host.</summary>
public sealed class LocalHostOptions
{
    /// <summary>The configuration section.</summary>
    public const string Section = "LocalHost";

    /// <summary>The loopback port of the HTTP triggers, as with Core Tools; 0 takes a free one.</summary>
    [Range(0, 65535, ErrorMessage = "LocalHost:Port must lie between 0 and 65535.")]
    public int Port { get; set; } = 7071;

    /// <summary>Every activity runs twice, at times side by side, and the first result is thrown away.</summary>
    public bool Chaos { get; set; }

    /// <summary>The key of the management and admin URLs. Empty: a new one at each start.</summary>
    public string Key { get; set; } = "";

    /// <summary>
    /// Where orchestrations are kept: a connection string of Azure Storage, for Azurite <c>UseDevelopmentStorage=true</c>. Empty: in
    /// memory, until the process ends.
    /// </summary>
    public string Storage { get; set; } = "";
}

/// <summary>Log messages of the local host: event ids 7000-7999.</summary>
internal static partial class HostLog
{
    [LoggerMessage(7000, LogLevel.Information, "Local development host on {Address}, orchestrations {Store}; it is not for production")]
    public static partial void Listening(ILogger logger, string address, string store);

    /// <summary>A line of the worker, at the worker's level.</summary>
    [LoggerMessage(EventId = 7001, Message = "{Text}")]
    public static partial void FromWorker(ILogger logger, LogLevel level, string text);

    [LoggerMessage(7030, LogLevel.Error, "Timer {Function} failed; the next tick runs it again: {Reason}")]
    public static partial void TimerFailed(ILogger logger, string function, string reason);
}
