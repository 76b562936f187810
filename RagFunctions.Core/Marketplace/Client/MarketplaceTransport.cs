using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using RagFunctions.Core.Marketplace.Tokens;

namespace RagFunctions.Core.Marketplace.Client;

/// <summary>Sends a call and turns every ending into a value.</summary>
internal sealed partial class MarketplaceTransport(
    IHttpClientFactory clients, IOptions<MarketplaceOptions> options, TimeProvider time, ILogger<MarketplaceTransport> logger)
{
    /// <summary>The name of the <see cref="HttpClient"/>.</summary>
    public const string ClientName = "marketplace";

    // The marketplace's word for "this token is good, but not here", in the detail of a 401.
    private const string ScopeRefusal = "scope not allowed";

    private readonly TimeSpan _silence = TimeSpan.FromSeconds(options.Value.TimeoutSeconds + 30);
    private readonly MarketplaceOptions _options = options.Value;

    /// <summary>Makes the call; 204 is answered as <paramref name="noData"/>.</summary>
    public async Task<CallResult<T>> SendAsync<T>(MarketplaceCall call, JsonTypeInfo<T> type, T noData, CancellationToken cancellationToken)
        where T : class
    {
        if (Refusal<T>(call) is { } refusal)
        {
            return refusal;
        }

        // Neither address nor headers: the one may name articles, the others hold the token.
        var method = JsonNamingPolicy.SnakeCaseLower.ConvertName(call.Method.ToString());
        using var span = RagTelemetry.Source.StartActivity($"marketplace {method}", ActivityKind.Client);
        span?.SetTag(RagTelemetry.CabinetId, call.Access.CabinetId).SetTag(RagTelemetry.MarketplaceMethod, method);
        var result = await CallAsync(call, type, noData, cancellationToken);
        if (result.WaitUntil is { } until)
        {
            RagTelemetry.MarketplaceWait.Record(
                Math.Max((until - time.GetUtcNow()).TotalSeconds, 0),
                new TagList { { RagTelemetry.CabinetId, call.Access.CabinetId }, { RagTelemetry.MarketplaceMethod, method } });
        }
        else if (!result.IsOk)
        {
            span?.SetTag(RagTelemetry.ErrorType, JsonNamingPolicy.SnakeCaseLower.ConvertName(result.Status.ToString())).SetStatus(ActivityStatusCode.Error);
        }

        return result;
    }

    private async Task<CallResult<T>> CallAsync<T>(MarketplaceCall call, JsonTypeInfo<T> type, T noData, CancellationToken cancellationToken)
        where T : class
    {
        using var client = clients.CreateClient(ClientName);
        using var request = Request(call);
        try
        {
            using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return await ReadAsync(call, request, response, type, noData, cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException or Polly.Timeout.TimeoutRejectedException)
        {
            LogUnavailable(call.Access.CabinetId, call.Method, e.GetType().Name);
            return new CallResult<T>(CallStatus.Unavailable, Reason: $"{call.Method}: no whole answer ({Describe(e)})");
        }
    }

    // What the token itself says saves a call that would count as an error.
    private CallResult<T>? Refusal<T>(MarketplaceCall call)
        where T : class
    {
        var info = call.Access.Info;
        if (info.IsExpired(time.GetUtcNow()))
        {
            return new CallResult<T>(CallStatus.TokenRejected, Reason: $"the token expired on {info.ExpiresAt:yyyy-MM-dd}");
        }

        if (info.Missing(call.Rules.Category) is not TokenCategories.None and var missing)
        {
            return new CallResult<T>(CallStatus.Forbidden, Reason: $"{call.Method}: the token lacks the category {Name(missing)}", Missing: missing);
        }

        return call.Rules.For(call.Access.Kind) is null
            ? new CallResult<T>(CallStatus.Forbidden, Reason: $"{call.Method} does not answer {Name(info.Kind)} tokens", Missing: call.Rules.Category)
            : null;
    }

    private HttpRequestMessage Request(MarketplaceCall call)
    {
        var request = new HttpRequestMessage(call.Body is null ? HttpMethod.Get : HttpMethod.Post, call.Address);
        request.Options.Set(MarketplaceCall.Key, call);
        // The schema of the API is a plain key, not a scheme with parameters.
        request.Headers.TryAddWithoutValidation("Authorization", call.Access.Token);
        request.Headers.TryAddWithoutValidation("User-Agent", _options.UserAgent);
        if (_options.ClientSecret is { } secret)
        {
            request.Headers.TryAddWithoutValidation("X-Client-Secret", secret);
        }

        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/json"));
        if (call.Body is not null)
        {
            request.Content = new ByteArrayContent(call.Body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        }

        return request;
    }

    private async Task<CallResult<T>> ReadAsync<T>(
        MarketplaceCall call, HttpRequestMessage request, HttpResponseMessage response, JsonTypeInfo<T> type, T noData, CancellationToken cancellationToken)
        where T : class
    {
        if (request.Options.TryGetValue(MarketplaceCall.WaitUntil, out var until))
        {
            LogWaiting(call.Access.CabinetId, call.Method, until);
            return new CallResult<T>(CallStatus.Wait, WaitUntil: until);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(_silence);
        if (response.StatusCode == HttpStatusCode.NoContent)
        {
            return new CallResult<T>(CallStatus.Ok, noData);
        }

        await using var body = new PatientStream(await response.Content.ReadAsStreamAsync(patience.Token), patience, _silence);
        if (response.StatusCode == HttpStatusCode.OK)
        {
            try
            {
                var value = await JsonSerializer.DeserializeAsync(body, type, patience.Token);
                // "null" is how some methods say that there is nothing.
                return new CallResult<T>(CallStatus.Ok, value ?? noData);
            }
            catch (JsonException e)
            {
                return new CallResult<T>(CallStatus.Failed, Reason: $"{call.Method}: the answer is not the JSON it should be, at {e.Path ?? "its start"}");
            }
        }

        var problem = await ProblemText.ReadAsync(body, [call.Access.Token, _options.ClientSecret], patience.Token);
        var reason = $"{call.Method}: {(int)response.StatusCode} {problem}".TrimEnd();
        LogRefused(call.Access.CabinetId, call.Method, (int)response.StatusCode);
        return response.StatusCode switch
        {
            // A missing category and a test token are answered with 401 too: they close this method's category and nothing else.
            HttpStatusCode.Unauthorized when call.Access.Info.IsTest || problem.Contains(ScopeRefusal, StringComparison.OrdinalIgnoreCase) =>
                new CallResult<T>(CallStatus.Forbidden, Reason: reason, Missing: call.Rules.Category),
            HttpStatusCode.Unauthorized => new CallResult<T>(CallStatus.TokenRejected, Reason: reason),
            HttpStatusCode.PaymentRequired => new CallResult<T>(CallStatus.Forbidden, Reason: $"{reason} (the balance of the service in the catalogue)"),
            HttpStatusCode.Forbidden => new CallResult<T>(CallStatus.Forbidden, Reason: reason, Missing: call.Rules.Category),
            >= HttpStatusCode.InternalServerError or HttpStatusCode.RequestTimeout => new CallResult<T>(CallStatus.Unavailable, Reason: reason),
            _ => new CallResult<T>(CallStatus.Failed, Reason: reason),
        };
    }

    private static string Describe(Exception e) => e switch
    {
        HttpRequestException http => http.HttpRequestError.ToString(),
        OperationCanceledException or Polly.Timeout.TimeoutRejectedException => "timeout",
        _ => e.GetType().Name,
    };

    private static string Name<TEnum>(TEnum value)
        where TEnum : struct, Enum => value.ToString().ToLowerInvariant();

    [LoggerMessage(8001, LogLevel.Information, "Cabinet {CabinetId}: {Method} must wait until {Until:O}")]
    private partial void LogWaiting(long cabinetId, Limits.MarketplaceMethod method, DateTimeOffset until);

    [LoggerMessage(8002, LogLevel.Warning, "Cabinet {CabinetId}: {Method} answered {Status}")]
    private partial void LogRefused(long cabinetId, Limits.MarketplaceMethod method, int status);

    [LoggerMessage(8003, LogLevel.Warning, "Cabinet {CabinetId}: {Method} gave no whole answer: {Error}")]
    private partial void LogUnavailable(long cabinetId, Limits.MarketplaceMethod method, string error);
}

/// <summary>A body that may be long but not silent: every piece that arrives renews the time allowed.</summary>
internal sealed class PatientStream(Stream inner, CancellationTokenSource patience, TimeSpan silence) : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        patience.CancelAfter(silence);
        return await inner.ReadAsync(buffer, cancellationToken);
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush() => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override async ValueTask DisposeAsync()
    {
        await inner.DisposeAsync();
        await base.DisposeAsync();
    }
}
