namespace RagFunctions.Core.Search;

/// <summary>What a search is limited to.</summary>
/// <param name="Entity">One kind of chunk; null: all.</param>
/// <param name="NmId">One article; null: all.</param>
/// <param name="Since">Chunks whose business date is not earlier; products and stocks have none and are left out. Null: all.</param>
/// <param name="Limit">Hits at most, 1…200.</param>
public sealed record SearchFilter(Entity? Entity = null, long? NmId = null, DateTimeOffset? Since = null, int Limit = 5)
{
    /// <summary>The most hits of one search.</summary>
    public const int MaxLimit = 200;
}
