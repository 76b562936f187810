namespace RagFunctions.Core.Changes;

/// <summary>What waits in the change queue for one entity of one cabinet.</summary>
/// <param name="Entity">Whose rows.</param>
/// <param name="Rows">All queued rows.</param>
/// <param name="Due">Those a run would take now.</param>
/// <param name="Failed">Those that failed at least once.</param>
/// <param name="Blocked">Those the guard against mass deletion keeps.</param>
/// <param name="OldestChange">When the oldest of them was first announced, by the clock of the main database.</param>
public sealed record QueueDepth(Entity Entity, long Rows, long Due, long Failed, long Blocked, DateTimeOffset OldestChange);
