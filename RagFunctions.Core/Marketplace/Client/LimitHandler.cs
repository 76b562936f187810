using System.Net;
using RagFunctions.Core.Marketplace.Limits;

namespace RagFunctions.Core.Marketplace.Client;

/// <summary>
/// Pays for every attempt, retries included, before it leaves, and learns from every answer. It sits inside the retry handler: a
/// repetition that the limit does not allow ends the call with the time when it will be.
/// </summary>
internal sealed class LimitHandler(LimitStore limits) : DelegatingHandler
{
    /// <inheritdoc />
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (!request.Options.TryGetValue(MarketplaceCall.Key, out var call))
        {
            throw new InvalidOperationException("A marketplace request without its call: use MarketplaceTransport.");
        }

        var limit = call.Rules.For(call.Access.Kind)
            ?? throw new InvalidOperationException($"{call.Method} does not answer {call.Access.Kind} tokens.");
        var paid = await limits.TakeAsync(call.Bucket, limit, cancellationToken);
        if (!paid.Granted)
        {
            request.Options.Set(MarketplaceCall.WaitUntil, paid.FreeAt);
            return new HttpResponseMessage(HttpStatusCode.TooManyRequests) { RequestMessage = request };
        }

        var response = await base.SendAsync(request, cancellationToken);
        var headers = RateHeaders.Read(response.Headers);
        if (await limits.CorrectAsync(call.Bucket, limit, paid, (int)response.StatusCode, headers, cancellationToken) is { } until)
        {
            request.Options.Set(MarketplaceCall.WaitUntil, until);
        }

        return response;
    }
}
