namespace RagFunctions.Core.Chunks;

/// <summary>The chunks of one source row and what stands beside them in the index.</summary>
/// <param name="Entity">The row's table.</param>
/// <param name="SourceId">The row's primary key.</param>
/// <param name="NmId">Article number, for filters; null where a review names none.</param>
/// <param name="BusinessDate">Order, review or sale date, UTC; null for products and stocks.</param>
/// <param name="ExpiresAt">When the row leaves the index; null = never.</param>
/// <param name="SourceName">For products the catalogue name exactly as stored (the name dependents print); null otherwise.</param>
/// <param name="Chunks">At least one, numbered from 0 without gaps.</param>
public sealed record RenderedRow(
    Entity Entity,
    long SourceId,
    long? NmId,
    DateTimeOffset? BusinessDate,
    DateTimeOffset? ExpiresAt,
    string? SourceName,
    IReadOnlyList<RenderedChunk> Chunks);
