using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace RagFunctions.Tests.Telemetry;

/// <summary>Azure Monitor's ingestion on 127.0.0.1: takes what the exporter of the cloud sends.</summary>
internal sealed class MonitorIngestion : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<JsonObject> _envelopes = new();
    private readonly ConcurrentQueue<string> _bodies = new();

    private MonitorIngestion()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        _app = builder.Build();
        _app.MapPost("/v2.1/track", TakeAsync);
    }

    /// <summary>What the app is told in place of the resource's own.</summary>
    public string ConnectionString =>
        $"InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint={_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()}/";

    /// <summary>Everything received, as it came.</summary>
    public string Received => string.Join('\n', _bodies);

    public static async Task<MonitorIngestion> StartAsync()
    {
        var ingestion = new MonitorIngestion();
        await ingestion._app.StartAsync();
        return ingestion;
    }

    /// <summary>Everything received, as the workspace shows it.</summary>
    public MonitorTables Tables()
    {
        var tables = new MonitorTables();
        foreach (var envelope in _envelopes)
        {
            tables.Add(envelope);
        }

        return tables;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task<IResult> TakeAsync(HttpRequest request)
    {
        var isCompressed = request.Headers.ContentEncoding == "gzip";
        await using var body = isCompressed ? new GZipStream(request.Body, CompressionMode.Decompress) : request.Body;
        using var reader = new StreamReader(body);
        var count = 0;
        while (await reader.ReadLineAsync() is { } line)
        {
            _bodies.Enqueue(line);
            _envelopes.Enqueue(JsonNode.Parse(line)!.AsObject());
            count++;
        }

        return Results.Json(new { itemsReceived = count, itemsAccepted = count, errors = Array.Empty<object>() });
    }
}
