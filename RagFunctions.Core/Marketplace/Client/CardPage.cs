namespace RagFunctions.Core.Marketplace.Client;

/// <summary>A page of cards.</summary>
/// <remarks>
/// <c>Next</c>: The cursor of the answer.
/// <c>IsLast</c>: True when the marketplace counted fewer than asked for.
/// </remarks>
public sealed record CardPage(IReadOnlyList<CardAnswer> Cards, CardCursor Next, bool IsLast);
