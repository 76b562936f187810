using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace RagFunctions.Dev.Fakes.Embeddings;

/// <summary>
/// An embeddings provider on 127.0.0.1: OpenAI's <c>POST {base}/embeddings</c> and Azure's
/// <c>POST /openai/deployments/{name}/embeddings?api-version=</c>. Vectors follow from the text alone, so that a test can prove which
/// text a stored vector belongs to. It misbehaves on demand and remembers what it was asked.
/// </summary>
public sealed class FakeEmbeddingsServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly FakeEmbeddingsOptions _options;
    private readonly ConcurrentQueue<FakeAnswer> _script = new();
    private readonly ConcurrentQueue<ReceivedRequest> _requests = new();
    private double _tokens = double.MaxValue;
    private long _countedAt;
    private int _running;
    private int _mostRunning;

    private FakeEmbeddingsServer(FakeEmbeddingsOptions options)
    {
        _options = options;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = 512L << 20);
        _app = builder.Build();
        _app.MapPost("/v1/embeddings", context => AnswerAsync(context, deployment: null));
        _app.MapPost("/openai/deployments/{name}/embeddings", context => AnswerAsync(context, (string?)context.Request.RouteValues["name"]));
    }

    /// <summary>The address without a path: the endpoint of an Azure client.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>The base of an OpenAI client, up to and including <c>/v1</c>.</summary>
    public Uri BaseUrl => new(Address, "v1");

    /// <summary>Asked for every request that no scripted answer is left for; null means a right answer.</summary>
    public Func<ReceivedRequest, FakeAnswer?>? Behaviour { get; set; }

    /// <summary>Awaited before a request is answered: a test can hold it, or change the world meanwhile.</summary>
    public Func<ReceivedRequest, Task>? BeforeAnswer { get; set; }

    /// <summary>What was received, in the order of arrival.</summary>
    public IReadOnlyList<ReceivedRequest> Requests => [.. _requests];

    /// <summary>Requests that are on the bill: vectors were made, also where the answer was spoilt or never came.</summary>
    public IReadOnlyList<ReceivedRequest> Paid => [.. _requests.Where(request => request.IsPaid)];

    /// <summary>The most requests that were in work at once.</summary>
    public int MaxConcurrency => _mostRunning;

    /// <summary>Starts a server on a free port.</summary>
    public static async Task<FakeEmbeddingsServer> StartAsync(FakeEmbeddingsOptions? options = null)
    {
        var server = new FakeEmbeddingsServer(options ?? new FakeEmbeddingsOptions());
        await server._app.StartAsync();
        server.Address = new Uri(server._app.Urls.Single() + "/");
        return server;
    }

    /// <summary>The vector of a text, of length 1.</summary>
    public static float[] VectorOf(string text, int dimensions)
    {
        var vector = new float[dimensions];
        FakeVectors.Fill(text, vector);
        return vector;
    }

    /// <summary>Tokens as this server counts them: one for every four bytes begun.</summary>
    public static int TokensOf(string text) => (Encoding.UTF8.GetByteCount(text) + 3) / 4;

    /// <summary>The next requests are answered like this, one after another.</summary>
    public void Script(params ReadOnlySpan<FakeAnswer> answers)
    {
        foreach (var answer in answers)
        {
            _script.Enqueue(answer);
        }
    }

    /// <summary>Forgets what was received.</summary>
    public void ForgetRequests()
    {
        _requests.Clear();
        Interlocked.Exchange(ref _mostRunning, 0);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task AnswerAsync(HttpContext context, string? deployment)
    {
        var now = Interlocked.Increment(ref _running);
        InterlockedMax(ref _mostRunning, now);
        try
        {
            var (request, base64) = await ReadAsync(context);
            var answer = Refused(context, deployment)
                ?? _options.Manners.Refusal(request, base64)
                ?? Limited(request.Tokens)
                ?? (_script.TryDequeue(out var scripted) ? scripted : Behaviour?.Invoke(request))
                ?? FakeAnswer.Right;
            var answered = answer.Fault is AnswerFault.Hang or AnswerFault.Cut ? 0 : answer.Status;
            _requests.Enqueue(request with
            {
                Status = answered,
                Inputs = _options.KeepsInputs ? request.Inputs : [],
                IsPaid = answer.Status == 200 && answer.Fault is not (AnswerFault.Cut or AnswerFault.Html or AnswerFault.EmptyArray or AnswerFault.ErrorBody),
            });
            if (BeforeAnswer is { } before)
            {
                await before(request);
            }

            var pause = _options.PerRequest + (_options.PerInput * request.Inputs.Count);
            if (pause > TimeSpan.Zero)
            {
                await Task.Delay(pause, context.RequestAborted);
            }

            await WriteAsync(context, request, base64 && !_options.Manners.IgnoresBase64, answer);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // The client gave up; nobody is left to answer.
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    private FakeAnswer? Refused(HttpContext context, string? deployment)
    {
        if (_options.ApiKey is { } key
            && context.Request.Headers.Authorization != $"Bearer {key}" && context.Request.Headers["api-key"] != key)
        {
            var given = $"{context.Request.Headers.Authorization}{context.Request.Headers["api-key"]}";
            return FakeAnswer.Error(401, "invalid_api_key", $"Incorrect API key provided: {given}");
        }

        return deployment is not null && _options.Deployment is { } name && deployment != name
            ? FakeAnswer.Error(404, "DeploymentNotFound", "The API deployment for this resource does not exist.")
            : null;
    }

    private FakeAnswer? Limited(long tokens)
    {
        if (_options.TokensPerMinute == 0)
        {
            return null;
        }

        lock (_script)
        {
            var now = TimeProvider.System.GetTimestamp();
            var perSecond = _options.TokensPerMinute / 60.0;
            _tokens = Math.Min(10 * perSecond, _tokens + (perSecond * TimeProvider.System.GetElapsedTime(_countedAt, now).TotalSeconds));
            _countedAt = now;
            if (tokens > _tokens)
            {
                return FakeAnswer.TooManyRequests(Math.Ceiling((tokens - _tokens) / perSecond));
            }

            _tokens -= tokens;
            return null;
        }
    }

    private async Task<(ReceivedRequest Request, bool Base64)> ReadAsync(HttpContext context)
    {
        using var body = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
        var root = body.RootElement;
        string[] inputs = root.GetProperty("input") is { ValueKind: JsonValueKind.Array } many
            ? [.. many.EnumerateArray().Select(input => input.GetString()!)]
            : [root.GetProperty("input").GetString()!];
        int? asked = root.TryGetProperty("dimensions", out var length) ? length.GetInt32() : null;
        var dimensions = _options.Manners.IgnoresDimensions ? _options.Manners.Dimensions : asked ?? _options.Manners.Dimensions;
        var model = root.TryGetProperty("model", out var name) ? name.GetString() : null;
        var base64 = root.TryGetProperty("encoding_format", out var format) && format.GetString() == "base64";
        var path = $"{context.Request.Path}{context.Request.QueryString}";
        return (new ReceivedRequest(path, model, dimensions, inputs, inputs.Sum(input => (long)TokensOf(input)), 0) { AskedDimensions = asked, AskedBase64 = base64 }, base64);
    }

    private async Task WriteAsync(HttpContext context, ReceivedRequest request, bool base64, FakeAnswer answer)
    {
        foreach (var (name, value) in answer.Headers)
        {
            context.Response.Headers[name] = value;
        }

        foreach (var value in answer.RetryAfters)
        {
            context.Response.Headers.Append("Retry-After", value);
        }

        context.Response.StatusCode = answer.Status;
        switch (answer)
        {
            case { Body: { } given }:
                await context.Response.WriteAsync(given, context.RequestAborted);
                break;
            case { Status: not 200 } or { Fault: AnswerFault.ErrorBody }:
                await context.Response.WriteAsJsonAsync(
                    new { error = new { code = answer.Code, type = answer.Code, message = answer.Message } }, context.RequestAborted);
                break;
            case { Fault: AnswerFault.Cut }:
                context.Abort();
                break;
            case { Fault: AnswerFault.Hang }:
                await Task.Delay(Timeout.Infinite, context.RequestAborted);
                break;
            case { Fault: AnswerFault.Html }:
                context.Response.ContentType = "text/html";
                await context.Response.WriteAsync("<html><body>Bad gateway, politely</body></html>", context.RequestAborted);
                break;
            default:
                var body = FakeAnswerWriter.Vectors(request.Inputs, request.Dimensions, base64, request.Model, answer.Fault, _options.Manners.CountsTokens);
                context.Response.ContentType = "application/json";
                context.Response.ContentLength = body.Length;
                await context.Response.Body.WriteAsync(body, context.RequestAborted);
                break;
        }
    }

    private static void InterlockedMax(ref int target, int value)
    {
        for (var seen = target; value > seen;)
        {
            var before = Interlocked.CompareExchange(ref target, value, seen);
            if (before == seen)
            {
                return;
            }

            seen = before;
        }
    }
}

/// <summary>How the server behaves when it behaves.</summary>
public sealed record FakeEmbeddingsOptions
{
    /// <summary>Time per request.</summary>
    public TimeSpan PerRequest { get; init; }

    /// <summary>Time per input, on top.</summary>
    public TimeSpan PerInput { get; init; }

    /// <summary>The key it asks for (<c>Authorization: Bearer</c> or <c>api-key</c>); null: any or none.</summary>
    public string? ApiKey { get; init; }

    /// <summary>The Azure deployment it has; null: any.</summary>
    public string? Deployment { get; init; }

    /// <summary>What it takes and how it refuses, where it is not OpenAI's own.</summary>
    public FakeManners Manners { get; init; } = new();

    /// <summary>Tokens a minute, given out over windows of ten seconds as real providers do; more is 429 with <c>Retry-After</c>. 0: no limit.</summary>
    public int TokensPerMinute { get; init; }

    /// <summary>Whether the received texts are kept; off for measurements.</summary>
    public bool KeepsInputs { get; init; } = true;

    /// <summary>A provider of ordinary speed: 60 ms per request and 0.2 ms per input.</summary>
    public static FakeEmbeddingsOptions OrdinarySpeed { get; } =
        new() { PerRequest = TimeSpan.FromMilliseconds(60), PerInput = TimeSpan.FromMilliseconds(0.2), KeepsInputs = false };
}

/// <summary>A request that reached the server.</summary>
/// <param name="Path">Path and query.</param>
/// <param name="Model">The model in the body.</param>
/// <param name="Dimensions">The length asked for.</param>
/// <param name="Inputs">The texts.</param>
/// <param name="Tokens">As the server counts them.</param>
/// <param name="Status">What it was answered; 0 when the connection was cut or hung.</param>
public sealed record ReceivedRequest(string Path, string? Model, int Dimensions, IReadOnlyList<string> Inputs, long Tokens, int Status)
{
    /// <summary>The length the body names, if it names one.</summary>
    public int? AskedDimensions { get; init; }

    /// <summary>Base64 was asked for.</summary>
    public bool AskedBase64 { get; init; }

    /// <summary>It is on the bill.</summary>
    public bool IsPaid { get; init; }
}
