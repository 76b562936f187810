namespace RagFunctions.Core.Source;

/// <summary>What one read of the source found. An id in neither list does not exist in this cabinet.</summary>
/// <typeparam name="T">The row, or what the reader's caller makes of it.</typeparam>
/// <param name="Eligible">Rows that have a chunk, ordered by id.</param>
/// <param name="Ineligible">Rows that are there but have none, ordered by id; filled by reads by id only.</param>
public sealed record SourceBatch<T>(IReadOnlyList<T> Eligible, IReadOnlyList<IneligibleRow> Ineligible);
