namespace RagFunctions.Core.Runs;

/// <summary>The guard against mass deletion held: what the operator needs to judge it.</summary>
/// <param name="Entity">Whose chunks were kept.</param>
/// <param name="IndexedRows">Rows of the entity the index holds.</param>
/// <param name="EligibleRows">How many of those the source still offers.</param>
public sealed record BlockedEntity(Entity Entity, long IndexedRows, long EligibleRows);
