using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using RagFunctions.Dev.Fakes.Marketplace.Answers;
using RagFunctions.Dev.Fakes.Marketplace.Faults;
using RagFunctions.Dev.Fakes.Marketplace.Limits;

namespace RagFunctions.Dev.Fakes.Marketplace;

/// <summary>Sends an answer, right or wrong as asked.</summary>
internal sealed class AnswerSender(CancellationToken stopping)
{
    private static readonly byte[] Html = Encoding.UTF8.GetBytes("<html><head><title>502</title></head><body>Мы скоро вернёмся</body></html>");

    private readonly ConcurrentDictionary<(Guid Seller, string Path), Answer> _before = new();

    /// <summary>Sends it. Ends quietly when the client has gone.</summary>
    public async Task SendAsync(HttpContext context, MarketplaceRequest request, Answer answer, LimitVerdict? verdict)
    {
        var key = (request.Token?.SellerId ?? Guid.Empty, context.Request.Path.Value ?? "");
        var page = request.Fault?.Kind == FaultKind.RepeatedPage && _before.TryGetValue(key, out var earlier) ? earlier : answer;
        if (answer.Status == 200)
        {
            _before[key] = answer;
        }

        WriteLimits(context.Response.Headers, request.Fault, verdict);
        context.Response.StatusCode = page.Status;
        context.Response.ContentType = page.ContentType;
        try
        {
            await WriteAsync(context, request.Fault?.Kind, page);
        }
        catch (OperationCanceledException)
        {
            // The client gave up, or the server stops; nobody is left to answer.
        }
    }

    private async Task WriteAsync(HttpContext context, FaultKind? fault, Answer page)
    {
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        switch (fault)
        {
            case FaultKind.Hang:
                await Task.Delay(Timeout.Infinite, gone.Token);
                break;
            case FaultKind.Cut:
                context.Response.ContentLength = Math.Max(page.Body.Length, 2);
                await context.Response.Body.WriteAsync(page.Body.AsMemory(0, page.Body.Length / 2), gone.Token);
                await context.Response.Body.FlushAsync(gone.Token);
                context.Abort();
                break;
            case FaultKind.HalfJson:
                await SendAsync(context.Response, page.Body.AsMemory(0, page.Body.Length / 2), gone.Token);
                break;
            case FaultKind.Html:
                context.Response.StatusCode = 200;
                context.Response.ContentType = "text/html; charset=utf-8";
                await SendAsync(context.Response, Html, gone.Token);
                break;
            case FaultKind.RepeatedRows:
                await SendAsync(context.Response, RowOrder.Twice(page.Body), gone.Token);
                break;
            case FaultKind.NoRows:
                await SendAsync(context.Response, RowOrder.None(page.Body), gone.Token);
                break;
            case FaultKind.BadRow:
                await SendAsync(context.Response, RowOrder.WithBadRow(page.Body), gone.Token);
                break;
            case FaultKind.NullList:
                await SendAsync(context.Response, RowOrder.Null(page.Body), gone.Token);
                break;
            case FaultKind.ReorderedRows:
                await SendAsync(context.Response, RowOrder.Mixed(page.Body), gone.Token);
                break;
            default:
                await SendAsync(context.Response, page.Body, gone.Token);
                break;
        }
    }

    private static async Task SendAsync(HttpResponse response, ReadOnlyMemory<byte> body, CancellationToken gone)
    {
        if (response.StatusCode != 204)
        {
            response.ContentLength = body.Length;
            await response.Body.WriteAsync(body, gone);
        }
    }

    // Whole seconds, rounded up: who waits as long as told is never too early.
    private static void WriteLimits(IHeaderDictionary headers, Fault? fault, LimitVerdict? verdict)
    {
        if (fault is { StatusCode: 429 })
        {
            if (fault.Retry is { } wait)
            {
                headers["X-Ratelimit-Retry"] = Seconds(wait);
                headers["X-Ratelimit-Reset"] = Seconds(wait);
            }

            return;
        }

        if (verdict is not { } known)
        {
            return;
        }

        headers["X-Ratelimit-Limit"] = known.Limit.ToString(CultureInfo.InvariantCulture);
        headers["X-Ratelimit-Remaining"] = known.Remaining.ToString(CultureInfo.InvariantCulture);
        headers["X-Ratelimit-Reset"] = Seconds(known.Reset);
        if (!known.Granted)
        {
            headers["X-Ratelimit-Retry"] = Seconds(known.Retry);
        }
    }

    private static string Seconds(TimeSpan time) => Math.Ceiling(time.TotalSeconds).ToString(CultureInfo.InvariantCulture);
}
