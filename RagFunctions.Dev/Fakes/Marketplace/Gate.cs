using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using RagFunctions.Dev.Fakes.Marketplace.Answers;
using RagFunctions.Dev.Fakes.Marketplace.Limits;
using RagFunctions.Dev.Fakes.Marketplace.Shops;
using RagFunctions.Dev.Fakes.Marketplace.Tokens;

namespace RagFunctions.Dev.Fakes.Marketplace;

/// <summary>Lets a request in or not: method, token, category, limit, in this order.</summary>
internal sealed class Gate(
    MarketplaceServerOptions options, ConcurrentDictionary<Guid, Shop> shops, ConcurrentDictionary<string, bool> revoked)
{
    private const string Bearer = "Bearer ";

    private readonly LimitKeeper _limits = new(options.Time);
    private readonly Methods _methods = new(options);

    /// <summary>Checks a request and pays for it.</summary>
    public Admission Enter(HttpRequest http, MarketplaceRequest request)
    {
        if (_methods.Find(request.Host, request.Method, http.Path.Value ?? "/") is not var (method, routeValue))
        {
            return Refuse(request, Refusal.NotFound($"no method {request.Method} {http.Path} on this host"));
        }

        request = request with { Bucket = method.Rule.Bucket };
        var header = http.Headers.Authorization.ToString();
        var text = header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) ? header[Bearer.Length..] : header;
        var token = MarketplaceTokens.Read(text);
        request = request with { Token = token };
        if (token is null || token.Type == TokenType.Test || revoked.ContainsKey(text) || !shops.TryGetValue(token.SellerId, out var shop))
        {
            return Refuse(request, new Refusal(401, "unauthorized", "token problem; token is malformed, withdrawn or of another environment"));
        }

        if (token.Expires <= request.At)
        {
            return Refuse(request, new Refusal(401, "unauthorized", "token problem; token is expired"));
        }

        if (method.Rule.For(token.Type) is not { } limit)
        {
            return Refuse(request, new Refusal(403, "access denied", "basic tokens are not allowed to use this method"));
        }

        if ((token.Categories & method.Rule.Category) != method.Rule.Category)
        {
            return Refuse(request, new Refusal(401, "unauthorized", $"token scope not allowed: {method.Rule.Category.ToString().ToLowerInvariant()} is needed"));
        }

        var verdict = _limits.Take(token, method.Rule, limit);
        if (!verdict.Granted)
        {
            request = request with { ExceededLimit = true };
            if (options.EnforcesLimits)
            {
                return new Admission(request, new Refusal(429, "too many requests", $"limited by {method.Rule.Bucket}"), verdict, null, null);
            }
        }

        var call = new Call(shop, request.Host, http.Query, Body(request.Body), routeValue, request.At);
        return new Admission(request, null, verdict, () => method.Handle(call), () => _limits.Punish(token, method.Rule, limit));
    }

    private static Admission Refuse(MarketplaceRequest request, Refusal refusal) => new(request, refusal, null, null, null);

    // A body that is no JSON has no field that a method asks for.
    private static JsonElement Body(string text)
    {
        try
        {
            return text.Length == 0 ? default : JsonElement.Parse(text);
        }
        catch (JsonException)
        {
            return default;
        }
    }
}

/// <summary>What <see cref="Gate"/> found out about a request.</summary>
/// <param name="Request">The request with token and bucket.</param>
/// <param name="Refusal">Why it is not let in; null = it is.</param>
/// <param name="Verdict">What its bucket said; null = no bucket was asked.</param>
/// <param name="Handle">The method, for a request that is let in.</param>
/// <param name="Punish">Takes what an answer 4xx costs more.</param>
internal sealed record Admission(
    MarketplaceRequest Request, Refusal? Refusal, LimitVerdict? Verdict, Func<Answer>? Handle, Func<LimitVerdict>? Punish)
{
    /// <summary>The right answer and the bucket after it. <paramref name="skip"/>: another answer will be sent, do not ask the method.</summary>
    public (Answer Answer, LimitVerdict? Verdict) Answer(bool skip)
    {
        if (skip)
        {
            return (Answers.Answer.NoContent, Verdict);
        }

        if (Refusal is { } refusal)
        {
            return (MarketplaceProblem.Json(refusal.Status, refusal.Title, refusal.Detail, Request.Host, Request.At), Verdict);
        }

        try
        {
            return (Handle!(), Verdict);
        }
        catch (Refusal wrong)
        {
            var answer = wrong.Status == 400 && Request.Host == MarketplaceHost.Statistics
                ? MarketplaceProblem.StatisticsErrors(wrong.Detail)
                : MarketplaceProblem.Json(wrong.Status, wrong.Title, wrong.Detail, Request.Host, Request.At);
            return (answer, Punish!());
        }
    }
}
