using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace RagFunctions.Tests.Marketplace;

/// <summary>Answers what a test tells it to, in order, and remembers what it was asked. Unlike the fake it has no rules of its own.</summary>
internal sealed class StubMarketplace : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, ConcurrentQueue<Func<HttpContext, Task>>> _answers = new();

    private StubMarketplace(WebApplication app) => _app = app;

    public ConcurrentQueue<(string Path, string Query, string Authorization, string Body)> Requests { get; } = [];

    public string Url => _app.Urls.First();

    public static async Task<StubMarketplace> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var stub = new StubMarketplace(builder.Build());
        stub._app.Run(stub.AnswerAsync);
        await stub._app.StartAsync();
        return stub;
    }

    public StubMarketplace Answer(string path, string json, int status = 200, params (string Name, string Value)[] headers) => Answer(path, async context =>
    {
        context.Response.StatusCode = status;
        foreach (var (name, value) in headers)
        {
            context.Response.Headers[name] = value;
        }

        if (status != 204)
        {
            context.Response.ContentType = "application/json";
            await context.Response.WriteAsync(json);
        }
    });

    public StubMarketplace Answer(string path, Func<HttpContext, Task> answer)
    {
        _answers.GetOrAdd(path, _ => new()).Enqueue(answer);
        return this;
    }

    public void Clear(string path) => _answers.TryRemove(path, out _);

    public int Count(string path) => Requests.Count(request => request.Path == path);

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    // The last answer of a path is given for ever.
    private async Task AnswerAsync(HttpContext context)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        var path = context.Request.Path.Value!;
        Requests.Enqueue((path, context.Request.QueryString.Value ?? "", context.Request.Headers.Authorization.ToString(), body));
        if (!_answers.TryGetValue(path, out var queue) || !(queue.Count > 1 ? queue.TryDequeue(out var answer) : queue.TryPeek(out answer)))
        {
            context.Response.StatusCode = 404;
            return;
        }

        await answer(context);
    }
}
