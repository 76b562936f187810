namespace RagFunctions.Core.Marketplace.Client;

/// <summary>A buyer's review.</summary>
/// <remarks>
/// <c>Rating</c>: 1 to 5.
/// <c>Tags</c>: What the buyer ticked, as a JSON list of texts, or null.
/// </remarks>
public sealed record ReviewAnswer(
    string Id, long? NmId, int? Rating, string? Text, string? Pros, string? Cons, DateTimeOffset CreatedAt, bool IsAnswered, string? UserName,
    string? Color, string? Tags, string? MatchingSize, bool? WasViewed, int? SupplierFeedbackValuation, int? SupplierProductValuation);
