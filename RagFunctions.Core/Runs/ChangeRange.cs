namespace RagFunctions.Core.Runs;

/// <summary>A half-open interval of row ids of one entity.</summary>
/// <param name="Entity">Whose rows.</param>
/// <param name="From">First id, inclusive; null = from the beginning.</param>
/// <param name="To">First id of the next range, exclusive; null = to the end.</param>
/// <param name="DeletesAllowed">False when the guard against mass deletion holds for this entity: rows are written, none deleted.</param>
/// <param name="ForeseenDeletes">
/// Rows of the range whose deletion the guard has already judged. When clearly more are about to go, it judges again.
/// </param>
public sealed record ChangeRange(Entity Entity, long? From, long? To, bool DeletesAllowed = true, long ForeseenDeletes = 0);
