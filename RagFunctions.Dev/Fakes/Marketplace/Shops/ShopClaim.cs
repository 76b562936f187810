namespace RagFunctions.Dev.Fakes.Marketplace.Shops;

/// <summary>A buyer's claim for a refund.</summary>
/// <param name="Id">Its identity.</param>
/// <param name="Order">What was ordered.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="UpdatedAt">When it was decided, or made.</param>
/// <param name="Status">0 open, 1 refused, 2 approved.</param>
/// <param name="Comment">What the buyer says.</param>
public sealed record ShopClaim(Guid Id, ShopOrder Order, DateTimeOffset CreatedAt, DateTimeOffset UpdatedAt, int Status, string Comment);
