using RagFunctions.Dev.Fakes.Marketplace.Answers;
using RagFunctions.Dev.Fakes.Marketplace.Limits;

namespace RagFunctions.Dev.Fakes.Marketplace;

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
