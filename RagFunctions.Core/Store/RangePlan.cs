using RagFunctions.Core.Runs;

namespace RagFunctions.Core.Store;

/// <summary>The work of a round, cut into ranges.</summary>
/// <param name="Ranges">Disjoint, products first, in order of id; at most <see cref="RangePlanner.MaxRanges"/>.</param>
/// <param name="Blocked">Entities the guard against mass deletion holds back; their ranges say <c>DeletesAllowed = false</c>.</param>
/// <param name="Rows">Distinct rows the ranges cover.</param>
public sealed record RangePlan(IReadOnlyList<ChangeRange> Ranges, IReadOnlyList<BlockedEntity> Blocked, long Rows);
