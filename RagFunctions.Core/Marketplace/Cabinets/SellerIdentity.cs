using RagFunctions.Core.Marketplace.Client;

namespace RagFunctions.Core.Marketplace.Cabinets;

/// <summary>Whose account a token opens.</summary>
public sealed class SellerIdentity(SellerClient client)
{
    /// <summary>The seller's id: what the token says, or else what the marketplace says of it, which is one call.</summary>
    /// <exception cref="CabinetException">Neither says it.</exception>
    public async Task<string> OfAsync(string token, CancellationToken cancellationToken)
    {
        var access = new MarketplaceAccess(0, token);
        if (access.Info.SellerId is { } seller)
        {
            return seller;
        }

        var answer = await client.InfoAsync(access, cancellationToken);
        return answer.IsOk
            ? answer.Value.SellerId
            : throw new CabinetException(
                $"whose account this token opens is not written in it, and the marketplace does not say: {answer.Reason ?? $"ask again after {answer.WaitUntil:u}"}");
    }
}
