namespace RagFunctions.Core.Runs.Sweep;

/// <summary>What the sweep found.</summary>
/// <param name="Due">Cabinets to start.</param>
/// <param name="Deactivated">Cabinets that the main database calls inactive, and that the index does not yet or that have queued changes.</param>
/// <param name="Gone">Indexed cabinets that the main database does not know; hidden like inactive ones, purged by the weekly rebuild.</param>
/// <param name="Indexed">How many active cabinets the index has, for the guard on <paramref name="Gone"/>.</param>
public sealed record SweepFindings(
    IReadOnlyList<DueCabinet> Due, IReadOnlyList<long> Deactivated, IReadOnlyList<long> Gone, long Indexed);
